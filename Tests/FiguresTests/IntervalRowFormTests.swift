import Figures
import Foundation
import Telephony
import Testing
import Time

/// Rows are stored as JSON: a row of an earlier release must be readable, and must be written the same way.
@Suite("The stored form of a row")
struct IntervalRowFormTests {
    private func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    @Test("has agents' time by the names of the states")
    func time() throws {
        var row = IntervalRow(kind: .team, name: "nord", start: UnixTime(seconds: 1_772_438_400))
        row.time = StateTime(
            states: [.available: .seconds(120), .paused: .seconds(60), .wrapUp: .seconds(1)],
            pauses: ["": .seconds(20), "Pranzo": .seconds(40)])
        let text = """
            {"estimatedRecords":0,"gapMicroseconds":0,"kind":"team","legs":{"handled":0,"hold":0,"measured":0,"ring":0,"ringNoAnswer":0,\
            "rung":0,"talk":0,"transfersOut":0,"wrapUp":0},"length":900000000,"name":"nord","openLegs":0,"openVisits":0,"provisional":true,\
            "start":1772438400000000,"time":{"pauses":{"":20000000,"Pranzo":40000000},\
            "states":{"available":120000000,"paused":60000000,"wrapUp":1000000}}}
            """
        #expect(try json(row) == text)
        #expect(try JSONDecoder().decode(IntervalRow.self, from: Data(text.utf8)) == row)
    }

    @Test("has each reason of a flow-out, also those that nobody left by")
    func flowOut() throws {
        var flowOut = IntervalRow.FlowOut()
        for (count, reason) in QueueVisit.FlowOut.allCases.enumerated() { flowOut[reason] += count }
        #expect(try json(flowOut) == #"{"empty":2,"key":1,"timeout":0,"unknown":4,"withdrawn":3}"#)
        #expect(flowOut.total == 10)
    }
}
