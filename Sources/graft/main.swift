import ArgumentParser
import Foundation
import GraftWorkbench

CommandLineTool.checkAddressSpace()
let commandLine: GraftCommandLine
do {
  commandLine = try GraftCommandLine.parse()
} catch {
  let message = GraftCommandLine.message(for: error)
  let tool = CommandLineTool(environment: ProcessInfo.processInfo.environment)
  exit(tool.refuse(message, asJSON: CommandLine.arguments.contains("--json")))
}
exit(CommandLineTool(environment: ProcessInfo.processInfo.environment).run(commandLine.request))
