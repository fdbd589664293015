import Testing
import Webhook

@Suite("A call event")
struct CallEventTests {
    private func decode(_ text: String) -> Result<CallEvent, CallEventError> {
        Result { () throws(CallEventError) in try CallEvent(body: Array(text.utf8)) }
    }

    private func decode(data: String) -> Result<CallEvent, CallEventError> {
        decode(#"{"type":"call.ended","timestamp":"2026-03-02T08:15:04.120Z","data":\#(data)}"#)
    }

    @Test("is read with all its members")
    func whole() {
        let event = decode(
            data: """
                {"callId":"c-9","direction":"inbound","from":{"raw":"+390612345678","name":"Rossi Mario","presentation":"restricted"},"to":"800123456",
                 "queue":"info","agent":{"id":"PJSIP/1001","name":"Anna"},"cause":16,"endedBy":"caller","talkSeconds":60.5,"seq":3,"new":{"member":[1]}}
                """)
        #expect(
            event
                == .success(
                    CallEvent(
                        type: .ended, timestamp: "2026-03-02T08:15:04.120Z", callId: "c-9", direction: .inbound,
                        from: .init(raw: "+390612345678", name: "Rossi Mario", presentation: .restricted),
                        to: "800123456", queue: "info",
                        agent: .init(id: "PJSIP/1001", name: "Anna"), cause: 16, endedBy: .caller, talkSeconds: 60.5,
                        seq: 3)))
    }

    @Test("needs only its type, time and call; null means absent", arguments: CallEvent.Kind.allCases)
    func least(kind: CallEvent.Kind) {
        let event = decode(
            #"{"type":"\#(kind.rawValue)","timestamp":"2026-03-02T09:15:04+01:00","data":{"callId":"c-1","queue":null,"from":{}}}"#
        )
        #expect(
            event
                == .success(
                    CallEvent(
                        type: kind, timestamp: "2026-03-02T09:15:04+01:00", callId: "c-1",
                        from: .init(raw: nil, presentation: .allowed))))
    }

    @Test("of an unknown type is refused for its type, whatever its data")
    func unknownType() {
        #expect(
            decode(#"{"type":"wrapup.completed","timestamp":"x","data":7}"#)
                == .failure(.unknownType("wrapup.completed")))
        let long = String(repeating: "x", count: 100)
        #expect(decode(#"{"type":"\#(long)\n","timestamp":"x"}"#) == .failure(.unknownType(String(long.prefix(40)))))
        #expect(CallEventError.unknownType("x").status == 422)
    }

    @Test(
        "names the member that is wrong",
        arguments: [
            ("{}", .missing("data.callId")), (#"{"callId":"c","callId":"d"}"#, .repeated("data.callId")),
            (#"{"callId":"c","from":{"raw":"1","r\u0061w":"2"}}"#, .repeated("data.from.raw")),
            (#"{"callId":"c","new":[{"a":1},{"a":1,"a":1}]}"#, .repeated("data.new.a")),
            (#"{"callId":""}"#, .invalid("data.callId", expected: "1 to 256 bytes of text without control characters")),
            (
                #"{"callId":"a\nb"}"#,
                .invalid("data.callId", expected: "1 to 256 bytes of text without control characters")
            ),
            (#"{"callId":7}"#, .invalid("data.callId", expected: "a string")),
            (#"{"callId":"c","agent":{}}"#, .missing("data.agent.id")),
            (#"{"callId":"c","from":"+39"}"#, .invalid("data.from", expected: "an object")),
            (#"{"callId":"c","cause":128}"#, .invalid("data.cause", expected: "a number from 0 to 127")),
            (#"{"callId":"c","cause":"16"}"#, .invalid("data.cause", expected: "a number")),
            (#"{"callId":"c","seq":-1}"#, .invalid("data.seq", expected: "a number from 0 to 2147483647")),
            (
                #"{"callId":"c","talkSeconds":-0.5}"#,
                .invalid("data.talkSeconds", expected: "a number from 0.0 to 604800.0")
            ),
            (
                #"{"callId":"c","direction":"up"}"#,
                .invalid("data.direction", expected: "one of the words of event.schema.json, or a number in range")
            ),
            (
                #"{"callId":"c","to":"\#(String(repeating: "è", count: 129))"}"#,
                .invalid("data.to", expected: "at most 256 bytes")
            ),
            ("[]", .invalid("data", expected: "an object")),
        ] as [(String, CallEventError)])
    func faults(data: String, error: CallEventError) {
        #expect(decode(data: data) == .failure(error))
        #expect(error.status == 422)
    }

    @Test(
        "without a time, or with a time of another form, is refused",
        arguments: [
            "2026-03-02", "2026-03-02T08:15:04", "2026-13-02T08:15:04Z", "2026-03-02T24:15:04Z", "2026-03-02 08:15:04Z",
            "1772439304",
            "٢٠٢٦-03-02T08:15:04Z",
            "2026-03-02T08:15:04.Z", "",
        ])
    func timestamps(text: String) {
        let error = CallEventError.invalid("timestamp", expected: "RFC 3339, e.g. 2026-03-02T08:15:04.120Z")
        #expect(decode(#"{"type":"call.ended","timestamp":"\#(text)","data":{"callId":"c"}}"#) == .failure(error))
    }

    @Test(
        "that is not JSON, too large or too deep is refused",
        arguments: [
            ("", .notJSON), ("{", .notJSON), ("nonsense", .notJSON),
            ("\"a\"", .invalid("(the whole body)", expected: "an object")),
            (String(repeating: " ", count: 20_001), .tooLarge(limit: 20_000)),
            (String(repeating: "[", count: 10_000), .tooDeep(limit: 16)),
            (String(repeating: "{\"a\":", count: 17), .tooDeep(limit: 16)),
            (#"{"type":"call.ended"}"#, .missing("timestamp")),
            (#"{"type":"call.ended","timestamp":"2026-03-02T08:15:04Z"}"#, .missing("data")),
        ] as [(String, CallEventError)])
    func hostile(text: String, error: CallEventError) {
        #expect(decode(text) == .failure(error))
        #expect(error.status == (error == .tooLarge(limit: 20_000) ? 413 : 422))
    }

    @Test("may contain brackets in its texts, but nowhere invalid UTF-8")
    func brackets() throws {
        let event = decode(data: #"{"callId":"c","from":{"raw":"\"[[[[[[[[[[[[[[[[[[[[[["}}"#)
        #expect(try event.get().from?.raw == "\"[[[[[[[[[[[[[[[[[[[[[[")
        let bytes = Array(
            #"{"type":"call.ended","timestamp":"2026-03-02T08:15:04Z","data":{"callId":"c\#u{FF}"}}"#.utf8)
        #expect(throws: CallEventError.self) { try CallEvent(body: bytes.map { $0 == 0xC3 ? 0xFF : $0 }) }
    }

    @Test("shows neither control characters nor reversed text of a hostile name")
    func names() throws {
        let event = decode(data: #"{"callId":"c","from":{"name":"a\u001b[31m\u202Eb\u2028\u0085c"}}"#)
        #expect(try event.get().from?.name == "a [31m b  c")
    }
}
