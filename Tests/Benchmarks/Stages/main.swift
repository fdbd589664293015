// Sends a stream through ever more of the path, so that callgrind can count what each stage adds.
//
//     stages STREAM MEMBERS LAST SWITCHES [LEVEL …]
//
// LAST: how many events at the end are counted; 0: all but the first. SWITCHES: how many are connected; the stream is
// of the first, and the others are silent.
//
// A level's work is inside a function of its own with a plain name, `measured_<level>`: callgrind collects only there,
// and writes its counts after each. What comes before a level (the login, the inventory, and the first events, by which
// everything has been done once) is not counted. `Tests/Benchmarks/stages` runs it and compares.

import Foundation

let arguments = CommandLine.arguments.dropFirst()
let wanted = arguments.dropFirst(4)
guard arguments.count >= 4, let last = Int(arguments[3]), let switches = Int(arguments[4]), switches > 0 else {
    print("usage: stages STREAM MEMBERS LAST SWITCHES [LEVEL …]")
    exit(2)
}
let source = try Source(stream: arguments[1], members: arguments[2], last: last)
for level in Level.allCases where wanted.isEmpty || wanted.contains(level.rawValue) {
    // Once without being counted: metadata, conformances and lazy globals are made at their first use.
    var path = try Path(source, switches: switches)
    _ = level.prepare(&path, source.warming)
    let done = level.measure(&path, source.reads)
    path.removeFolder()
    guard done > 0 else {
        print("\(level.rawValue): nothing came through")
        exit(1)
    }
    print("{\"level\": \"\(level.rawValue)\", \"events\": \(source.events), \"done\": \(done)}")
}
