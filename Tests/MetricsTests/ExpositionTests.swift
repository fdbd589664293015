import Metrics
import Testing

@Suite("Prometheus' text format")
struct ExpositionTests {
    @Test("has a family's help and type before its samples, and no family without samples")
    func families() {
        var text = Exposition()
        text.family("a_total", .counter, "Things.")
        text.sample(3)
        text.family("nothing", .gauge, "Not known.")
        text.sample(nil)
        text.family("b_seconds", .gauge, "Line\nbreak, \\ and \"quotes\".")
        text.sample(0.25, .init("x", "1"))
        text.sample(.infinity, .init("x", "2").with("y", ""))
        #expect(
            text.text == """
                # HELP a_total Things.
                # TYPE a_total counter
                a_total 3
                # HELP b_seconds Line\\nbreak, \\\\ and "quotes".
                # TYPE b_seconds gauge
                b_seconds{x="1"} 0.25
                b_seconds{x="2",y=""} +Inf

                """)
    }

    @Test(
        "escapes backslash, quote and line feed in a label and nothing else, so that no two values become one",
        arguments: [
            ("\\", "\\\\"), ("\"", "\\\""), ("\n", "\\n"), ("\r\n", "\r\\n"), ("\\n", "\\\\n"),
            ("coda “è”\t", "coda “è”\t"),
            ("\"} 1\nfake 2", "\\\"} 1\\nfake 2"),
        ])
    func escaping(value: String, written: String) {
        var text = Exposition()
        text.family("a", .gauge, "A.")
        text.sample(1, .init("x", value))
        #expect(
            text.text.utf8.elementsEqual("# HELP a A.\n# TYPE a gauge\na{x=\"\(written)\"} 1\n".utf8), "\(text.text)")
    }

    @Test("accumulates the buckets of a histogram, and ends it with its sum and count")
    func histogram() {
        var text = Exposition()
        text.family("w_seconds", .histogram, "W.")
        text.histogram(bounds: [1, 5], counts: [2, 0, 3], sum: 7.5, .init("q", "x"))
        #expect(
            text.text == """
                # HELP w_seconds W.
                # TYPE w_seconds histogram
                w_seconds_bucket{q="x",le="1"} 2
                w_seconds_bucket{q="x",le="5"} 2
                w_seconds_bucket{q="x",le="+Inf"} 5
                w_seconds_sum{q="x"} 7.5
                w_seconds_count{q="x"} 5

                """)
    }
}
