import TLS
import Testing

@Suite("OpenSSL's digests")
struct OpenSSLTests {
    @Test(
        "make the keys of Asterisk's challenge login",
        arguments: [
            ("840415273", "mysecret", "72ee2809cbf69e9bdb27bdd924cda8e3"),
            ("1234567890", "changeme", "1c16c52eeb88533a81f792e2c4638bc4"),
            ("", "", "d41d8cd98f00b204e9800998ecf8427e"),  // RFC 1321, appendix A.5
        ])
    func md5(challenge: String, secret: String, key: String) {
        #expect(hexadecimal(OpenSSL.md5(Array((challenge + secret).utf8))) == key)
    }

    @Test(
        "are SHA-256",
        arguments: [
            // FIPS 180-4 example, and the empty message
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ])
    func sha256(message: String, digest: String) {
        #expect(hexadecimal(OpenSSL.sha256(Array(message.utf8))) == digest)
    }

    @Test("are the same SHA-256 of bytes that come in parts")
    func runningSHA256() {
        let message = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for first in [0, 1, 63, 64, 65, 999, 1000] {
            let running = RunningSHA256()
            running.update(Array(message[..<first]))
            running.update(Array(message[first...]))
            #expect(running.finish() == OpenSSL.sha256(message), "\(first)")
        }
    }

    @Test(
        "sign webhooks with HMAC-SHA256",
        arguments: [
            ("k3y", #"{"a":1}"#, "32db719f172c48e89dbfa56ed20d9e19cdbfdbe9f652ccdf5fa03494d2444853"),
            // RFC 4231, case 2
            (
                "Jefe", "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            ("", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
        ])
    func hmac(key: String, message: String, code: String) {
        #expect(hexadecimal(OpenSSL.hmacSHA256(key: Array(key.utf8), message: Array(message.utf8))) == code)
    }

    @Test("sign by the Standard Webhooks specification")
    func standardWebhooks() {
        // whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=, decoded
        let key = Array("0123456789abcdef0123456789abcdef".utf8)
        let body = #"{"type":"call.answered","timestamp":"2026-03-02T08:15:04.120Z","data":{"callId":"c-1"}}"#
        let code = OpenSSL.hmacSHA256(key: key, message: Array("msg_ctl0001.1772439304.\(body)".utf8))
        // BZdtP6Q2ByH6wjZONLWzUgp150Is+rsHbAM2LGqCo+s= of the specification's form, decoded
        #expect(hexadecimal(code) == "05976d3fa4360721fac2364e34b5b3520a75e7422cfabb076c03362c6a82a3eb")
    }

    @Test("compare both completely")
    func comparison() {
        #expect(OpenSSL.constantTimeEqual([], []))
        #expect(OpenSSL.constantTimeEqual([1, 2, 3], [1, 2, 3]))
        #expect(!OpenSSL.constantTimeEqual([1, 2, 3], [1, 2, 4]))
        #expect(!OpenSSL.constantTimeEqual([0, 2, 3], [1, 2, 3]))
        #expect(!OpenSSL.constantTimeEqual([1, 2, 3], [1, 2]))
        #expect(!OpenSSL.constantTimeEqual([], [0]))
    }

    @Test("come with random bytes, never the same twice")
    func random() {
        #expect(OpenSSL.randomBytes(0) == [])
        let first = OpenSSL.randomBytes(32)
        #expect(first.count == 32)
        #expect(first != OpenSSL.randomBytes(32))
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
