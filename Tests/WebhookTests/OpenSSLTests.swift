import TLS
import Testing
import Webhook
import Wire

@Suite("A delivery, verified with the program's own OpenSSL")
struct OpenSSLTests {
    private let digests = Digests(
        md5: { OpenSSL.md5($0) }, hmacSHA256: { OpenSSL.hmacSHA256(key: $0, message: $1) },
        constantTimeEqual: { OpenSSL.constantTimeEqual($0, $1) })

    private let headers = SignatureTests.values([
        ("webhook-id", "msg_ctl0001"), ("webhook-timestamp", "1772439304"), ("webhook-signature", SignatureTests.byOld),
    ])

    @Test("agrees with the vectors and with the tests' own HMAC")
    func vectors() throws {
        let verifier = try SignatureVerifier(secrets: [SignatureTests.old], digests: digests)
        #expect(
            try verifier.verify(headers: headers, body: SignatureTests.body, now: SignatureTests.sentAt)
                == "msg_ctl0001")
        let secret = try SigningSecret(SignatureTests.old)
        for size in [0, 1, 55, 56, 63, 64, 65, 20_000] {
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let signature = WebhookSignature.sign(id: "m", timestamp: 1, body: body, secret: secret, digests: digests)
            #expect(
                signature
                    == WebhookSignature.sign(id: "m", timestamp: 1, body: body, secret: secret, digests: .reference))
        }
    }

    @Test("is refused if one byte of it differs")
    func changed() throws {
        let verifier = try SignatureVerifier(secrets: [SignatureTests.old], digests: digests)
        #expect(throws: WebhookError.noMatchingSignature) {
            try verifier.verify(headers: headers, body: SignatureTests.body + [0x20], now: SignatureTests.sentAt)
        }
    }
}
