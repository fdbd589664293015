import Foundation
import Testing
import Time

@testable import Calls
@testable import Telephony

@Suite("A table of records")
struct RecordTableTests {
    private struct Part: Codable, Equatable {
        var number: Int
        var notes: [String] = []
    }

    private typealias Table = RecordTable<ContactKey, Part>

    @Test("answers as a dictionary does, whatever is added, changed and removed")
    func asDictionary() {
        var random = SplitMix64(seed: 1)
        var table = Table()
        var dictionary: [ContactKey: Part] = [:]
        for step in 0..<2_000 {
            let key = ContactKey(random.next() % 20)
            switch random.next() % 4 {
            case 0:
                table[key] = Boxed(Part(number: step))
                dictionary[key] = Part(number: step)
            case 1:
                table[key]?.notes.append("\(step)")
                dictionary[key]?.notes.append("\(step)")
            case 2:
                table[key]?.number = step
                dictionary[key]?.number = step
            default:
                #expect(table.removeValue(forKey: key)?.value == dictionary.removeValue(forKey: key))
            }
            #expect(table.count == dictionary.count && Set(table.keys) == Set(dictionary.keys))
            #expect(table.contains(key) == (dictionary[key] != nil))
            for number in 0..<20 as Range<UInt64> {
                #expect(table[ContactKey(number)]?.value == dictionary[ContactKey(number)])
            }
        }
    }

    @Test("keeps what it had where a copy of it is changed")
    func copied() {
        var table = Table()
        table[ContactKey(1)] = Boxed(Part(number: 1))
        let held = table[ContactKey(1)]
        var other = table
        other[ContactKey(1)]?.number = 2
        other[ContactKey(2)] = Boxed(Part(number: 3))
        #expect(held?.number == 1 && table[ContactKey(1)]?.number == 1 && table[ContactKey(2)] == nil)
        #expect(other[ContactKey(1)]?.number == 2 && other[ContactKey(2)]?.number == 3)
    }

    @Test("is equal to another wherever their records lie, and written as a dictionary")
    func written() throws {
        var table = Table()
        for number in [3, 1, 2] as [UInt64] { table[ContactKey(number)] = Boxed(Part(number: Int(number))) }
        table.removeValue(forKey: ContactKey(3))
        var other = Table()
        for number in [2, 1] as [UInt64] { other[ContactKey(number)] = Boxed(Part(number: Int(number))) }
        #expect(table == other)
        other[ContactKey(1)]?.notes = ["changed"]
        #expect(table != other)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let bytes = try encoder.encode(table)
        let same: [ContactKey: Part] = [ContactKey(1): Part(number: 1), ContactKey(2): Part(number: 2)]
        #expect(try bytes == encoder.encode(same))
        #expect(try JSONDecoder().decode(Table.self, from: bytes) == table)
    }
}
