// The kernels of CGraftKernels under the names that ops use; only this target imports the C target.
@_exported import CGraftKernels

/// Floats that every buffer carries beyond its end; kernels may read them, never use them.
package let bufferSlack = Int(GRAFT_SLACK)
