import ArgumentParser
import Foundation
import GraftWorkbench

CommandLineTool.checkAddressSpace()
let commandLine: GraftCommandLine
do {
  commandLine = try GraftCommandLine.parse()
} catch {
  let message = GraftCommandLine.message(for: error)
  FileHandle.standardError.write(Data("error: \(message)\nhelp: graft --help\n".utf8))
  exit(2)
}
exit(CommandLineTool(environment: ProcessInfo.processInfo.environment).run(commandLine.request))
