import Edges
import HTTP
import Testing
import Time

@Suite("A path")
struct PathTests {
    /// A gateway whose pages are three documents.
    private static func answer(_ target: String) -> String {
        var configuration = Bench.configuration
        configuration.wallboardToken = .init("w-secret")
        var bench = Bench(configuration)
        let id = bench.connect(.http)
        bench.send("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n", id)
        return String(decoding: bench.read(id), as: UTF8.self)
    }

    @Test(
        "that only looks like another leads nowhere, and past no check",
        arguments: [
            "/../etc/passwd", "/assets/../../etc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd", "/%2e%2e%2fetc/passwd",
            "//etc/passwd", "/./v1/stats", "//v1/stats", "/v1//stats", "/v1/stats/", "/v1/stats%2f", "/V1/STATS",
            "/v1/./stats", "/v1/x/../stats", "/v1/stats;token=x", "/v1/stats%3ftoken=w-secret", "/%2576%31/stats",
            "/v1/wallboard%20", "/v1/wallboard/", "/metrics/", "/metrics.json", "/%ef%bc%8fv1/stats", "/v1\\stats",
            "/.git/config", "/centralino.toml", "/desk.token", "/proc/self/environ",
        ])
    func paths(target: String) {
        let answer = Self.answer(target)
        #expect(answer.hasPrefix("HTTP/1.1 404 ") || answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
        #expect(!answer.contains("root:") && !answer.contains("figures"), "\(answer)")
    }

    @Test(
        "that is only written otherwise is the same, with the same check", arguments: ["/v1/%73tats", "/%76%31/stats"])
    func encoded(target: String) {
        #expect(Self.answer(target).hasPrefix("HTTP/1.1 401 "))
        #expect(Self.answer("http://localhost\(target)").hasPrefix("HTTP/1.1 401 "))
    }
}
