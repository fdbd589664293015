import HTTP
import Testing

@testable import Edges

@Suite("Whom a proxy asks for")
struct ForwardedClientTests {
    private let proxies = ["10.0.0.2", "10.1.0.0/16", "2001:db8:1::/48"].compactMap(AddressRange.init)

    private func client(_ fields: String...) -> String {
        ForwardedClient(
            Headers(fields.map { .init("X-Forwarded-For", $0) }), from: "10.0.0.2", proxies: proxies
        ).address
    }

    @Test("is the right-most address that is no proxy's, whatever a client wrote before it")
    func rightMost() {
        #expect(client("192.0.2.7") == "192.0.2.7")
        #expect(client("127.0.0.1, 192.0.2.7") == "192.0.2.7", "the first is the client's invention")
        #expect(client("192.0.2.7, 10.1.2.3") == "192.0.2.7", "a second proxy of ours")
        #expect(client("8.8.8.8, 192.0.2.7, 10.1.2.3, 10.0.0.2") == "192.0.2.7")
        #expect(client("8.8.8.8", "192.0.2.7") == "192.0.2.7", "two fields are one list")
        #expect(client("192.0.2.7:4711") == "192.0.2.7" && client("[2001:db8:2::1]:4711") == "2001:db8:2::1")
        #expect(client("2001:db8:2::1, 2001:db8:1::9") == "2001:db8:2::1")
        #expect(client("10.1.0.1, 10.1.0.2") == "10.1.0.1", "all of them are proxies: the outermost asks for itself")
    }

    @Test(
        "is the proxy itself where it says nothing, or nothing that is an address",
        arguments: [
            "", " ", "unknown", "localhost", "192.0.2", "192.0.2.007", "192.0.2.7.8", "0x7f.1.1.1", "1.2.3.4, _hidden",
            "192.0.2.7, <script>", "[::1", "::1::2", String(repeating: "1", count: 10_000),
        ])
    func noAddress(field: String) {
        #expect(client(field) == "10.0.0.2")
        #expect(ForwardedClient(Headers(), from: "10.0.0.2", proxies: proxies).address == "10.0.0.2")
    }

    @Test("costs no more than a chain of proxies, however long the list is")
    func bounded() {
        let list = (["192.0.2.7"] + Array(repeating: "10.1.0.1", count: 1000)).joined(separator: ",")
        #expect(client(list) == "10.1.0.1", "so long a chain is nobody's")
        let chain = (["192.0.2.7"] + Array(repeating: "10.1.0.1", count: Limits.forwardedHops - 1)).joined(
            separator: ",")
        #expect(client(chain) == "192.0.2.7")
    }
}

@Suite("A range of addresses")
struct AddressRangeTests {
    @Test(
        "contains what begins with its bits",
        arguments: [
            ("10.0.0.2", "10.0.0.2", true), ("10.0.0.2", "10.0.0.3", false), ("10.0.0.0/8", "10.255.1.1", true),
            ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.128/25", "10.0.0.127", false),
            ("10.0.0.128/25", "10.0.0.255", true), ("10.0.0.2", "::ffff:10.0.0.2", true),
            ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
            ("fe80::1", "fe80::1%eth0", true), ("::/1", "10.0.0.2", false), ("0.0.0.0/1", "::1", false),
        ])
    func contains(range: String, address: String, isIn: Bool) throws {
        let parsed = try #require(AddressRange(range))
        #expect(try parsed.contains(#require(IPAddress(address))) == isIn)
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "/", "10.0.0.2/", "10.0.0.2/33", "10.0.0.2/-1", "10.0.0.2/+8", "10.0.0/8", "proxy.example.it", "::/129",
            "10.0.0.2/8/8", "*", "+1::", "010.0.0.1",
        ])
    func noRange(text: String) { #expect(AddressRange(text) == nil) }

    @Test("that names everybody is known as such")
    func everybody() {
        #expect(AddressRange("0.0.0.0/0")?.isEverybody == true && AddressRange("10.0.0.0/8")?.isEverybody == false)
    }
}
