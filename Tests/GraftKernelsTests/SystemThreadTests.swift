import Foundation
import Testing

@testable import GraftKernels

@Suite struct SystemThreadTests {
  @Test func runsItsBodyOnAThreadOfThatName() {
    let name = Monitor<String?>(nil)
    #expect(
      SystemThread.start("graft-test", stackSize: 1 << 20) {
        name.withLock { $0 = Thread.current.name }
      })
    #expect(name.wait(seconds: 60) { $0 == "graft-test" })
  }

  @Test func aStackThatNobodyHasIsNoTrap() {
    let hasRun = Monitor(false)
    #expect(
      !SystemThread.start("graft-test", stackSize: 1 << 50) { hasRun.withLock { $0 = true } })
    #expect(!hasRun.wait(seconds: 0.05) { $0 })
  }
}
