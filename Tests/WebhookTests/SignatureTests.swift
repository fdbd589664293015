import Testing
import Webhook
import Wire

@Suite("A webhook's signature")
struct SignatureTests {
    // The vector of the Standard Webhooks libraries.
    static let published = (
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: Int64(1_614_265_330),
        body: Array(#"{"test": 2432232314}"#.utf8), signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )
    static let old = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
    static let new = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU="
    static let body = Array(
        #"{"type":"call.answered","timestamp":"2026-03-02T08:15:04.120Z","data":{"callId":"c-1"}}"#.utf8)
    static let byOld = "v1,BZdtP6Q2ByH6wjZONLWzUgp150Is+rsHbAM2LGqCo+s="
    static let byNew = "v1,2qG0Pv44QvrJzj+ppYeRIr23tVbI7cEaaXRERQxfXbQ="
    static let sentAt: Int64 = 1_772_439_304

    /// The values of a request's header field, by its name in any case.
    static func values(_ fields: [(name: String, value: String)]) -> (String) -> [String] {
        { name in fields.filter { $0.name.lowercased() == name }.map(\.value) }
    }

    private func verify(
        _ signature: String, secrets: [String] = [old], id: String = "msg_ctl0001", timestamp: String = "1772439304",
        body: [UInt8] = body,
        now: Int64 = sentAt
    ) -> Result<String, WebhookError> {
        func verifier(_ secrets: [String]) -> SignatureVerifier {
            try! SignatureVerifier(secrets: secrets, digests: .reference)
        }
        let headers = Self.values([
            ("Webhook-Id", id), ("webhook-timestamp", timestamp), ("WEBHOOK-SIGNATURE", signature),
        ])
        return Result { () throws(WebhookError) in
            try verifier(secrets).verify(headers: headers, body: body, now: now)
        }
    }

    @Test("agrees with the published vector")
    func vector() throws {
        let vector = Self.published
        #expect(
            verify(
                vector.signature, secrets: [vector.secret], id: vector.id, timestamp: "\(vector.timestamp)",
                body: vector.body,
                now: vector.timestamp) == .success(vector.id))
        let secret = try SigningSecret(vector.secret)
        #expect(
            WebhookSignature.sign(
                id: vector.id, timestamp: vector.timestamp, body: vector.body, secret: secret, digests: .reference)
                == vector.signature)
    }

    @Test(
        "may be by any current secret, among several signatures",
        arguments: [
            (byOld, [old]), (byNew, [new]), ("\(byOld) \(byNew)", [old]), ("\(byOld) \(byNew)", [new]),
            (byOld, [new, old]),
            (byNew, [old, new]),
            ("v1,AAAA v2,\(byNew.dropFirst(3)) v1a,xx  \(byOld)", [old]), (byOld, [String(old.dropLast())]),
        ] as [(String, [String])])
    func rotation(signature: String, secrets: [String]) {
        #expect(verify(signature, secrets: secrets) == .success("msg_ctl0001"))
    }

    @Test(
        "is not valid if it is another's, another version's, or not base64",
        arguments: [
            byNew, "v2,\(byOld.dropFirst(3))", "v1a,\(byOld.dropFirst(3))", String(byOld.dropFirst(3)), "v1,", "v1",
            "v1,BZdtP6Q2ByH6wjZONLWzUgp150Is+rsHbAM2LGqCo+s",
            "v1, \(byOld.dropFirst(3))", "v1,BZdt P6Q2ByH6wjZONLWzUgp150Is+rsHbAM2LGqCo+s=", "V1,\(byOld.dropFirst(3))",
            "v1,BZdtP6Q2ByH6wjZONLWzUgp150Is+rsHbAM2LGqCog==",
        ])
    func mismatch(signature: String) {
        #expect(verify(signature) == .failure(.noMatchingSignature))
    }

    @Test("covers every byte of the body, the id and the timestamp")
    func coverage() {
        for index in Self.body.indices {
            var changed = Self.body
            changed[index] ^= 1
            #expect(verify(Self.byOld, body: changed) == .failure(.noMatchingSignature))
        }
        #expect(verify(Self.byOld, body: Self.body + [0x0A]) == .failure(.noMatchingSignature))
        #expect(verify(Self.byOld, id: "msg_ctl0002") == .failure(.noMatchingSignature))
        #expect(verify(Self.byOld, timestamp: "1772439305") == .failure(.noMatchingSignature))
    }

    @Test(
        "lasts 300 seconds, either way",
        arguments: [(0, true), (300, true), (301, false), (-300, true), (-301, false), (10_000_000, false)])
    func age(seconds: Int64, passes: Bool) {
        #expect(
            verify(Self.byOld, now: Self.sentAt + seconds)
                == (passes ? .success("msg_ctl0001") : .failure(.outsideTolerance(seconds: 300)))
        )
    }

    @Test("is not checked without its headers, each exactly once")
    func headers() throws {
        let fields = [("webhook-id", "a"), ("webhook-timestamp", "1772439304"), ("webhook-signature", Self.byOld)]
        let verifier = try SignatureVerifier(secrets: [Self.old], digests: .reference)
        for index in fields.indices {
            for fields in [fields.enumerated().filter { $0.offset != index }.map(\.element), fields + [fields[index]]] {
                #expect(
                    throws: WebhookError.missingHeader(["webhook-id", "webhook-timestamp", "webhook-signature"][index])
                ) {
                    try verifier.verify(headers: Self.values(fields), body: Self.body, now: Self.sentAt)
                }
            }
        }
        #expect(verify("") == .failure(.missingHeader("webhook-signature")))
    }

    @Test("is not checked if id or timestamp are malformed")
    func malformed() {
        for id in ["a.b", "a b", "à", String(repeating: "a", count: 257)] {
            #expect(verify(Self.byOld, id: id) == .failure(.malformedIdentifier))
        }
        for timestamp in [
            "1772439304.0", "+1772439304", "-1", "0x1", "1e9", "99999999999999999999", "2026-03-02T08:15:04Z", "١",
        ] {
            #expect(verify(Self.byOld, timestamp: timestamp) == .failure(.malformedTimestamp))
        }
    }

    @Test("is refused with a status and a text that says what to check, without a key")
    func texts() {
        let errors: [(WebhookError, Int)] = [
            (.missingHeader("webhook-id"), 400), (.malformedIdentifier, 400), (.malformedTimestamp, 400),
            (.outsideTolerance(seconds: 300), 401),
            (.noMatchingSignature, 401),
        ]
        for (error, status) in errors {
            #expect(error.status == status)
            #expect(error.description.count > 40)
        }
    }
}

@Suite("A signing secret")
struct SigningSecretTests {
    @Test("has 24 to 64 bytes after whsec_, padded or not", arguments: [24, 25, 26, 32, 64])
    func lengths(bytes: Int) throws {
        let base64 = Self.base64(bytes)
        #expect(try SigningSecret("whsec_" + base64) == SigningSecret("whsec_" + base64.filter { $0 != "=" }))
    }

    @Test(
        "is otherwise refused with the reason",
        arguments: [
            ("", .withoutPrefix), ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", .withoutPrefix), ("whsk_abc", .asymmetric),
            ("whpk_abc", .asymmetric),
            ("whsec_", .length(0)), ("whsec_" + base64(23), .length(23)), ("whsec_" + base64(65), .length(65)),
            ("whsec_ü", .notBase64),
            ("whsec_MfKQ9r8GKYqrTwjU PD8ILPZIo2LaLaSw", .notBase64),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La=aSw", .notBase64),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw===", .notBase64),
        ] as [(String, SigningSecretError)])
    func refusals(text: String, error: SigningSecretError) {
        #expect(throws: error) { try SigningSecret(text) }
    }

    @Test("does not show itself")
    func hidden() throws {
        #expect("\(try SigningSecret(SignatureTests.old))" == "whsec_…")
    }

    private static func base64(_ bytes: Int) -> String {
        let full = String(repeating: "AAAA", count: bytes / 3)
        return full + ["", "AA==", "AAA="][bytes % 3]
    }
}

@Suite("The tests' own HMAC")
struct ReferenceHMACTests {
    @Test("agrees with the published vectors")
    func vectors() {
        func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
        #expect(
            hex(ReferenceHMAC.sha256(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        // RFC 4231, test cases 2 and 6.
        #expect(
            hex(
                ReferenceHMAC.authenticate(key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8))
            )
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let message = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        #expect(
            hex(ReferenceHMAC.authenticate(key: Array(repeating: 0xAA, count: 131), message: message))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }
}
