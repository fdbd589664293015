import FuzzTargets

/// libFuzzer has the `main`, and calls this for each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.session.run(bytes, count)
    return 0
}
