import AMI
import Switches
import TLS
import Telephony
import Testing
import Wire

extension Digests {
    static let openSSL = Digests(
        md5: { OpenSSL.md5($0) }, hmacSHA256: { OpenSSL.hmacSHA256(key: $0, message: $1) },
        constantTimeEqual: { OpenSSL.constantTimeEqual($0, $1) })
}

/// A rewritten stream, message by message.
struct RewrittenStream {
    var pseudonymiser = StreamPseudonymiser(key: Array(1...32), digests: .openSSL)

    /// `Event: X|Header: value` → the headers' values, by name.
    mutating func callAsFunction(_ text: String) -> [String: String] {
        var framer = Framer(role: .client)
        var values: [String: String] = [:]
        framer.receive(Array(("x\r\n" + text.replacing("|", with: "\r\n") + "\r\n\r\n").utf8)) { output in
            guard case .message(let message) = output else { return }
            let lines = String(decoding: pseudonymiser.rewritten(message), as: UTF8.self).split(separator: "\r\n")
            for line in lines {
                guard let colon = line.firstIndex(of: ":") else { continue }
                values[String(line[..<colon])] = String(line[line.index(after: colon)...].dropFirst())
            }
        }
        return values
    }

    mutating func number(_ text: String) -> String {
        self("Event: Newchannel|CallerIDNum: \(text)")["CallerIDNum"] ?? "nothing"
    }
    mutating func free(_ text: String) -> String {
        self("Event: UserEvent|UserEvent: Prova|Nota: \(text)")["Nota"] ?? "nothing"
    }
    mutating func text(_ text: String) -> String { self("Event: X|AppData: \(text)")["AppData"] ?? "nothing" }
    mutating func channel(_ text: String) -> String { self("Event: X|Channel: \(text)")["Channel"] ?? "nothing" }
}

@Suite("Invented numbers")
struct NumberPseudonymTests {
    var stream = RewrittenStream()

    @Test(
        "have the length, class and notation of the real ones",
        arguments: [
            ("3471112233", "347"), ("0612345678", "06"), ("0277001122", "02"), ("0811234567", "081"),
            ("0775123456", "0775"),
            ("+393471112233", "+39347"), ("00390612345678", "003906"), ("800123456", "800"), ("+33142680000", "+33"),
            ("06-5904.1234", "06-"),
            ("+39 06 59041234", "+39 06 "),
        ])
    mutating func shape(number: String, beginning: String) {
        let invented = stream.number(number)
        #expect(invented != number)
        #expect(invented.hasPrefix(beginning), "\(invented)")
        #expect(invented.map(\.isNumber) == number.map(\.isNumber))
        #expect(stream.number(number) == invented, "the same each time")
    }

    @Test("are the same for one number in every notation and every header")
    mutating func notations() {
        let invented = stream.number("3471112233")
        #expect(stream.number("+393471112233") == "+39" + invented)
        #expect(stream.number("00393471112233") == "0039" + invented)
        #expect(stream.number("393471112233") == "39" + invented)
        #expect(stream.number("347 111 2233").filter(\.isNumber) == invented)
        #expect(stream.number("tel:+393471112233") == "tel:+39" + invented)
        #expect(stream.free("3471112233") == invented)
        #expect(stream.text("PJSIP/3471112233@trunk,30,tT") == "PJSIP/\(invented)@trunk,30,tT")
        #expect(stream.channel("Local/3471112233@esterno-00000012;1") == "Local/\(invented)@esterno-00000012;1")
        #expect(
            stream("Event: Cdr|CallerID: \"Mario Rossi\" <3471112233>")["CallerID"]?.hasSuffix(" <\(invented)>") == true
        )
        #expect(stream("Event: X|Exten: 3471112233")["Exten"] == invented)
        #expect(
            stream("Event: CEL|Extra: {\"extension\":\"3471112233\",\"hangupcause\":16}")["Extra"]?.contains(invented)
                == true)
        #expect(stream("Event: VarSet|Variable: NUMERO|Value: 3471112233")["Value"] == invented)
        #expect(stream("Event: X|ChanVariable: CHIAMATO=3471112233")["ChanVariable"] == "CHIAMATO=\(invented)")
    }

    @Test("are different for different numbers: among a thousand neighbours none occurs twice")
    mutating func injective() {
        let invented = (0..<1000).map { stream.number("347111\(String(10_000 + $0).suffix(4))") }
        #expect(Set(invented).count == 1000)
        #expect((0..<100).count { invented[$0] == "347111\(String(10_000 + $0).suffix(4))" } == 0)
    }

    @Test(
        "are not invented if there is no number",
        arguments: [
            "<unknown>", "unknown", "anonymous", "Restricted", "", "1001", "112", "1515", "0000000000", "1000000000",
            "s", "h", "*21",
        ])
    mutating func placeholders(text: String) { #expect(stream.number(text) == text) }

    @Test("may be longer than any number, without taking long")
    mutating func long() {
        let digits = String(repeating: "7", count: 4000)
        let invented = stream.number(digits)
        #expect(invented.count == 4000 && invented != digits)
    }
}

@Suite("Invented names")
struct NamePseudonymTests {
    var stream = RewrittenStream()

    @Test("are the same for one name, escaped or not, in every header")
    mutating func everywhere() {
        let invented = stream("Event: X|CallerIDName: Elena D\\'Amico")["CallerIDName"]
        #expect(invented != nil && invented?.contains("Amico") == false)
        #expect(stream("Event: X|MemberName: Elena D'Amico")["MemberName"] == invented)
        #expect(stream("Event: QueueMember|Name: Elena D'Amico")["Name"] == invented)
        #expect(stream("Event: X|DestConnectedLineName: Elena D\\'Amico")["DestConnectedLineName"] == invented)
        #expect(stream("Event: CEL|CallerIDname: Elena D'Amico")["CallerIDname"] == invented)
        #expect(stream("Event: Cdr|CallerID: \"Elena D'Amico\" <1005>")["CallerID"] == "\"\(invented ?? "")\" <1005>")
        #expect(stream.free("Elena D'Amico") == invented)
        #expect(stream.text("(risponde Elena D'Amico, interno)") == "(risponde \(invented ?? ""), interno)")
    }

    @Test("are never the same for two agents, even for more agents than the list has names")
    mutating func distinct() {
        let names = (0..<2500).compactMap { stream("Event: X|MemberName: Agente \($0)")["MemberName"] }
        #expect(Set(names).count == 2500)
    }

    @Test("replace names only", arguments: ["<unknown>", "unknown", "", "PJSIP/1001"])
    mutating func placeholders(text: String) { #expect(stream("Event: X|MemberName: \(text)")["MemberName"] == text) }

    @Test("replace a number in a name's place by a number")
    mutating func number() {
        let number = stream.number("+393471112233")
        #expect(stream("Event: X|CallerIDName: +393471112233")["CallerIDName"] == number)
    }
}

@Suite("A rewritten stream")
struct StreamPseudonymiserTests {
    var stream = RewrittenStream()

    @Test("keeps what identifies nobody: identifiers, queues, devices, times, positions")
    mutating func kept() {
        for line in [
            "Uniqueid: 1795402417.60", "DestLinkedid: pbx-roma-1795402417.61", "Queue: informazioni",
            "Interface: PJSIP/1001",
            "Location: Local/1009@agenti-locali/n", "Channel: PJSIP/trunk-00000054", "DestChannel: PJSIP/1001-0000002a",
            "Device: Queue:informazioni",
            "BridgeUniqueid: 917908ae-4cc8-4e11-a27c-12e861123456", "LastCall: 1795402524", "LoginTime: 1795402524",
            "Timestamp: 1795402407.614349", "EventTime: 2026-11-23 02:50:19", "Cause-txt: Normal Clearing",
            "Context: from-trunk",
            "Privilege: call,all", "AppData: informazioni,tTkK,,,90", "DialString: PJSIP/1003",
            "Unheard-Of: 917908ae-4cc8-4e11-a27c-12e861123456",
            "AppData: 1795402417.60", "From: 127.0.0.1:2725",
            "Extra: {\"hangupcause\":16,\"hangupsource\":\"PJSIP/1001-00000057\",\"dialstatus\":\"ANSWER\"}",
        ] {
            let name = String(line.prefix { $0 != ":" })
            #expect(stream("Event: X|\(line)")[name] == String(line.dropFirst(name.count + 2)))
        }
    }

    @Test("keeps the dial plan's report of what became of a caller, and no other free text")
    mutating func freeTexts() {
        let notice = stream(
            "Event: UserEvent|UserEvent: FineCoda|Coda: mai-vista|Stato: JOINEMPTY|Cliente: Mario Rossi")
        #expect(notice["Coda"] == "mai-vista" && notice["Stato"] == "JOINEMPTY")
        #expect(notice["Cliente"]?.hasPrefix("testo-") == true, "a name that was never seen as one")
        #expect(stream.free("Mario Rossi") == notice["Cliente"], "the same for the same")
        #expect(stream.free("TIMEOUT") == "TIMEOUT" && stream.free("7") == "7")
        _ = stream("Event: QueueCallerJoin|Queue: reclami")
        #expect(stream.free("reclami") == "reclami", "a queue that was seen")
        #expect(
            stream("Event: QueueMemberPause|PausedReason: visita dal dottor Bruni")["PausedReason"]?.hasPrefix("testo-")
                == true)
        #expect(
            stream("Event: Newexten|Application: Set|AppData: NOME=Mario Bianchi")["AppData"]?.contains("Bianchi")
                == false)
        // A UserEvent's own header may have the name of one of Asterisk's.
        #expect(
            stream("Event: UserEvent|UserEvent: X|Reason: Mario Bianchi|Status: 3471112233")["Reason"]?.hasPrefix(
                "testo-") == true)
        #expect(stream("Event: UserEvent|UserEvent: X|Status: 3471112233")["Status"] == stream.number("3471112233"))
        for name in ["Agent", "Peer", "Interface", "CustomerContext", "Language", "Priority", "Channel", "Queue"] {
            #expect(
                stream("Event: UserEvent|UserEvent: X|\(name): Mario Bianchi")[name]?.hasPrefix("testo-") == true,
                "\(name)")
        }
        // And nothing is learnt from it that would be kept elsewhere.
        #expect(stream.free("Mario Bianchi").hasPrefix("testo-"))
    }

    @Test("finds a person where only a number, a code or an identifier is expected")
    mutating func disguised() {
        let invented = stream("Event: X|CallerIDName: D'Angelo")["CallerIDName"] ?? ""
        #expect(stream.text("da D'Angelo, urgente") == "da \(invented), urgente")
        #expect(stream("Event: X|CallerIDName: 😀 Bianchi")["CallerIDName"] != nil)
        #expect(!stream.text("per 😀 Bianchi").contains("Bianchi"))
        for user in ["mario", "mario.rossi1985", "Gigaset-Bruni"] {
            #expect(!stream.number(user).contains(user), "\(user)")
        }
        #expect(stream("Event: X|Exten: mario.rossi")["Exten"]?.contains("mario") == false)
        #expect(stream("Event: X|Exten: informazioni")["Exten"] == "informazioni", "a word of the dial plan")
        let phone = stream.number("3471112233")
        #expect(
            stream("Event: Newchannel|Uniqueid: call-3471112233")["Uniqueid"] == "call-\(phone)",
            "given by a client of ARI")
        #expect(stream("Event: OriginateResponse|ActionID: click-3471112233")["ActionID"] == "click-\(phone)")
        #expect(stream("Event: QueueMember|ActionID: record-1795556952-3")["ActionID"] == "record-1795556952-3", "ours")
        #expect(stream("Event: QueueMemberPause|Reason: visita medica")["Reason"]?.hasPrefix("testo-") == true)
        #expect(stream("Event: AgentComplete|Reason: caller")["Reason"] == "caller")
        #expect(stream("Event: X|DestAccountCode: rossi")["DestAccountCode"]?.hasPrefix("testo-") == true)
    }

    @Test("has invented addresses and users")
    mutating func addresses() {
        let peer = stream("Event: ContactStatus|URI: sip:mario.rossi@93.44.12.7:5060|Address: 2a01:4f8:c17:1::2")
        #expect(peer["URI"]?.contains("mario") == false && peer["URI"]?.contains("93.44.12.7") == false)
        #expect(
            peer["URI"]?.hasPrefix("sip:u") == true && peer["URI"]?.hasSuffix(":5060") == true
                && peer["URI"]?.contains("@198.1") == true)
        #expect(peer["Address"]?.hasPrefix("2001:db8::") == true)
        #expect(stream.text("sip:1001@pc-rossi.local:5060").hasSuffix(".invalid:5060"))
        #expect(stream.text("alle 10:20:30") == "alle 10:20:30")
    }

    @Test("has no number in the names of headers, and none of the digits that callers key in")
    mutating func names() {
        #expect(stream("Event: UserEvent|UserEvent: X|Numero3471112233: 1").keys.allSatisfy { !$0.contains("1112233") })
        #expect(stream("Event: DTMFEnd|Digit: 7")["Digit"] == "0")
    }

    @Test(
        "survives any content, and keeps its form",
        arguments: [
            "-", "--------00000000", "+", "+1", "sip:", "sip:@", "1.2.3.4.5.6", "::::::::", "\u{FFFD}\u{202E}",
            "''\"\\", "a-00000000;",
            "1795402417.", "=", "X=",
        ])
    mutating func hostile(text: String) {
        for header in [
            "CallerIDNum", "CallerIDName", "CallerID", "Channel", "AppData", "Value", "Digit", "Exten", "Uniqueid",
        ] {
            let result = stream("Event: X|\(header): \(text)")
            #expect(result.count == 2, "\(header)")
            #expect(!(result[header] ?? "").contains { $0.isNewline })
        }
    }
}
