import Testing
import Wire

@Suite("JSON on our wires")
struct JSONTests {
    private struct Sample: Codable, Equatable {
        var zebra: Int
        var apple: String?
        var url: String
        var ratio: Double?
    }

    @Test("has sorted keys, no null for absent members, and unescaped slashes")
    func encoding() {
        let sample = Sample(zebra: 1, apple: nil, url: "PJSIP/1001", ratio: 0.5)
        #expect(String(decoding: JSON.encode(sample), as: UTF8.self) == #"{"ratio":0.5,"url":"PJSIP/1001","zebra":1}"#)
    }

    @Test("never contains a line end, so that it fits on a line")
    func oneLine() {
        let bytes = JSON.encode(Sample(zebra: 0, apple: "a\r\nb\u{2028}\u{0}\"", url: "", ratio: nil))
        #expect(!bytes.contains { $0 < 32 })
        #expect(JSON.decode(Sample.self, from: bytes)?.apple == "a\r\nb\u{2028}\u{0}\"")
    }

    @Test("survives a number that is not a number")
    func notANumber() {
        #expect(
            String(decoding: JSON.encode([Double.nan, .infinity, -.infinity]), as: UTF8.self)
                == #"["nan","inf","-inf"]"#)
    }

    @Test(
        "gives nothing if it is not of the requested shape",
        arguments: ["", "{", "[]", "null", #"{"zebra":"1","url":""}"#, "{\"zebra\":1}", "\u{0}"])
    func garbage(text: String) {
        #expect(JSON.decode(Sample.self, from: text.utf8) == nil)
    }

    @Test("ignores unknown members")
    func unknownMembers() {
        #expect(
            JSON.decode(Sample.self, from: #"{"zebra":2,"url":"u","new":[{}]}"#.utf8)
                == Sample(zebra: 2, apple: nil, url: "u", ratio: nil))
    }

    @Test(
        "names a member that occurs twice in one object, with its path, however its name is written",
        arguments: [
            (#"{"a":1,"a":2}"#, "a"), (#"{"a":{"b":1,"b":1}}"#, "a.b"),
            (#"[{"a":1},{"a":[{"b":{"c":"","c":""}}]}]"#, "a.b.c"),
            (#"{"a":1,"\u0061":2}"#, "a"), (#"{"a\"":1,"a\"":2}"#, "a\""), (#"{"":1,"":2}"#, ""),
            (#"{"a":"}","a":"{"}"#, "a"),
            (#"{"\ud83d\uDE00":1,"😀":2}"#, "😀"), (#"{"\n\u0022\/":1,"\u000a\"/":2}"#, "\n\"/"),
            (#"{"\b\f\r\t\\":1,"\u0008\u000C\u000d\u0009\u005c":2}"#, "\u{8}\u{C}\r\t\\"),
            ("{\"a\" : 1 ,\n\"a\" : 2}", "a"), (#"{"a":{"a":1},"b":1,"b":2}"#, "b"), (#"{"a":1,"a"#, "a"),
        ])
    func repeated(text: String, name: String) {
        #expect(JSON.repeatedMember(in: Array(text.utf8)) == name)
    }

    @Test(
        "finds nothing if each occurs once: the same name in another object, in an array, as a value, in another case",
        arguments: [
            #"{"a":{"a":{"a":1}},"b":{"a":1}}"#, #"[{"a":1},{"a":1}]"#, #"{"a":"a","b":"a","c":["a","a"]}"#,
            #"{"a":1,"A":2}"#,
            #"{"a":"\"a\":1,\"a\":"}"#, #"{"\ud83d":1,"\ude00":1}"#, #"{"\u+061":1,"a":1}"#,
            #"{"\u006":1,"\x":1,"\":1}"#, "", "}", "]]]]",
            "\"", "{\"", "{\"\\", "[1,2", "\u{0}",
        ])
    func once(text: String) {
        #expect(JSON.repeatedMember(in: Array(text.utf8)) == nil)
    }
}
