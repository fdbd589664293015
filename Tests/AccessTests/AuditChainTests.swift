import Access
import TLS
import Testing
import Time

@Suite("Audit: a chain in which nothing can be changed unseen")
struct AuditChainTests {
    private typealias Entry = (number: Int64, text: String, digest: String)

    private var entries: [Entry] {
        var chain = AuditChain(sha256: OpenSSL.sha256)
        return ["one", "two", "three", "four"].map { text in
            let digest = chain.append(text)
            return (chain.ordinal, text, digest)
        }
    }

    private func fault(_ entries: [Entry]) -> AuditChain.Fault? {
        var chain = AuditChain(sha256: OpenSSL.sha256)
        for entry in entries {
            if let fault = chain.follow(entry.number, entry.text, digest: entry.digest) { return fault }
        }
        return nil
    }

    @Test("as it was written, it is whole")
    func whole() { #expect(fault(entries) == nil) }

    @Test("a digest is what sha256sum says of the digest before and the text")
    func published() {
        // printf '%064done' 0 | sha256sum
        #expect(entries[0].digest == "b627d25a115ae30803a86662d383ae7f16947a9443c4b7938ee3c0e20f5f3778")
    }

    @Test("a changed text is found, and a changed digest")
    func changed() {
        var tampered = entries
        tampered[1].text = "2"
        #expect(fault(tampered) == .changed(2))
        tampered = entries
        tampered[2].digest = entries[1].digest
        #expect(fault(tampered) == .changed(3))
    }

    @Test("a removed one is found, also where those behind it were numbered again")
    func removed() {
        var tampered = entries
        tampered.remove(at: 1)
        #expect(fault(tampered) == .missing(before: 3))
        for index in 1..<3 { tampered[index].number -= 1 }
        #expect(fault(tampered) == .changed(2))
    }

    @Test("an inserted one is found, and two that changed places")
    func inserted() {
        var tampered = entries
        tampered.insert((2, "between", entries[1].digest), at: 1)
        #expect(fault(tampered) == .changed(2))
        tampered = entries
        (tampered[1].text, tampered[2].text) = (entries[2].text, entries[1].text)
        #expect(fault(tampered) == .changed(2))
    }

    @Test("what strangers send stays one line of bounded length")
    func hostile() {
        let long = String(repeating: "x", count: 10_000)
        let entry = AuditEntry(
            at: UnixTime(seconds: 0), .signInRefused, who: "a\nb\u{202E}c\u{2028}", from: long, what: long, why: "")
        #expect(entry.who == "a\u{FFFD}b\u{FFFD}c\u{FFFD}")
        #expect(entry.from.count == AccessLimits.auditedText)
    }
}
