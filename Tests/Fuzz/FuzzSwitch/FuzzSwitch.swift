import FuzzTargets

/// libFuzzer has the `main`, and calls this for each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.switchSide.run(bytes, count)
    return 0
}

/// libFuzzer's own mutation of bytes in place; returns their new number.
@_silgen_name("LLVMFuzzerMutate")
func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int) -> Int

@_cdecl("LLVMFuzzerCustomMutator")
public func customMutator(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int, _ seed: CUnsignedInt)
    -> Int
{
    var mutator = SwitchMutator(seed: UInt64(seed))
    let script = Array(UnsafeBufferPointer(start: bytes, count: count))
    let result = mutator.mutated(script) { block in
        let room = block.count + 64
        return [UInt8](unsafeUninitializedCapacity: room) { buffer, written in
            _ = buffer.initialize(from: block)
            written = mutate(buffer.baseAddress!, block.count, room)
        }
    }
    return copy(result, to: bytes, capacity)
}

@_cdecl("LLVMFuzzerCustomCrossOver")
public func customCrossOver(
    _ first: UnsafePointer<UInt8>, _ firstCount: Int, _ second: UnsafePointer<UInt8>, _ secondCount: Int,
    _ out: UnsafeMutablePointer<UInt8>,
    _ capacity: Int, _ seed: CUnsignedInt
) -> Int {
    var mutator = SwitchMutator(seed: UInt64(seed))
    let result = mutator.crossed(
        Array(UnsafeBufferPointer(start: first, count: firstCount)),
        Array(UnsafeBufferPointer(start: second, count: secondCount)))
    return copy(result, to: out, capacity)
}

private func copy(_ result: [UInt8], to bytes: UnsafeMutablePointer<UInt8>, _ capacity: Int) -> Int {
    let count = min(result.count, capacity)
    for index in 0..<count { bytes[index] = result[index] }
    return count
}
