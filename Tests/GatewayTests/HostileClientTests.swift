import Gateway
import ScreenPop
import Telephony
import Testing

@Suite("A hostile client")
struct HostileClientTests {
    var bench = Bench()

    init() { bench.greet() }

    // MARK: slow senders

    @Test("that sends a byte of its request now and then is closed 15 s after the first")
    mutating func slowLoris() {
        let slow = bench.connect(.http)
        bench.wait(.seconds(10))
        bench.send("GET /v1/status HTTP/1.1\r\nX:", slow)
        for _ in 0..<14 {
            bench.wait(.seconds(1))
            bench.send("x", slow)
        }
        bench.wait(.milliseconds(999))
        #expect(bench.closedByUs == [])
        bench.wait(.milliseconds(1))
        #expect(bench.closedByUs == [slow])
    }

    @Test("has 15 s for each of its requests, also where one begins in the same packet as another ends")
    mutating func pipelined() {
        let client = bench.connect(.http)
        let request = Bench.request("GET", "/nothing")
        bench.send(String(request.dropLast(4)), client)
        for _ in 0..<3 {
            bench.wait(.seconds(10))
            bench.send(String(request.suffix(4) + request.dropLast(4)), client)
            #expect(Bench.answer(bench.read(client)).status == 404)
        }
        bench.wait(.milliseconds(14_999))
        #expect(bench.closedByUs == [])
        bench.wait(.milliseconds(1))
        #expect(bench.closedByUs == [client])
    }

    @Test("that has ended its request may be idle for 75 s from then on, not for the rest of the request's 15 s")
    mutating func idleAfterRequest() {
        let client = bench.connect(.http)
        let request = Bench.request("GET", "/nothing")
        bench.send(String(request.dropLast(1)), client)
        bench.wait(.seconds(14))
        bench.send(String(request.suffix(1)), client)
        bench.wait(.milliseconds(74_999))
        #expect(bench.closedByUs == [])
        bench.wait(.milliseconds(1))
        #expect(bench.closedByUs == [client])
    }
}
