// Sends a stream through ever more of the path, so that callgrind can count what each stage adds.
//
//     stages STREAM MEMBERS [LEVEL …]
//
// A level's work is inside a function of its own with a plain name, `measured_<level>`: callgrind collects only there,
// and writes its counts after each. What comes before a level (the login, the inventory, and the first events, by which
// everything has been done once) is not counted. `Tests/Benchmarks/stages` runs it and compares.

import Foundation

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count >= 2 else {
    print("usage: stages STREAM MEMBERS [LEVEL …]")
    exit(2)
}
let source = try Source(stream: arguments[arguments.startIndex], members: arguments[arguments.startIndex + 1])
let wanted = arguments.dropFirst(2)
for level in Level.allCases where wanted.isEmpty || wanted.contains(level.rawValue) {
    // Once without being counted: metadata, conformances and lazy globals are made at their first use.
    var path = try Path(source)
    _ = level.prepare(&path, source.warming)
    let done = level.measure(&path, source.reads)
    path.removeFolder()
    guard done > 0 else {
        print("\(level.rawValue): nothing came through")
        exit(1)
    }
    print("{\"level\": \"\(level.rawValue)\", \"events\": \(source.events), \"done\": \(done)}")
}
