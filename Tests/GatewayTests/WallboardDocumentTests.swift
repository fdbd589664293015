import Foundation
import Core
import Edges
import Gateway
import Recordings
import SchemaValidation
import Telephony
import Testing
import Time
import Wallboard
import Wire

@Suite("The documents of the wallboard")
struct WallboardDocumentTests {
    private static let folder = Trace.folder + "/../../Protocols/Wallboard"
    private static let isSkipped = ProcessInfo.processInfo.environment["CENTRALINO_SKIP_SCHEMA"] == "1"

    private struct Said: Encodable {
        var channel: String
        /// `send`: by the gateway; `receive`: by a reader.
        var action: String
        /// The name of the message in the document.
        var name: String
        var message: String
    }

    /// A busy minute of a real switch; on each transport a reader of everything and one of some metrics, which ask,
    /// make mistakes, leave and come back.
    private func conversation() throws -> [Said] {
        var bench = Bench()
        var said: [Said] = []
        func heard(_ texts: [String], _ channel: String, selected: Bool) {
            for text in texts {
                let type = types([text])[0]
                let name =
                    selected && ["snapshot", "change"].contains(type)
                    ? "selected\(type.prefix(1).uppercased())\(type.dropFirst())" : type
                said.append(Said(channel: channel, action: "send", name: name, message: text))
            }
        }
        func ask(_ text: String, _ id: ConnectionID, _ channel: String) {
            said.append(Said(channel: channel, action: "receive", name: "request", message: text))
            if channel == "lines" { bench.send(text + "\n", id) } else { bench.send(Bench.frame(text), id) }
        }
        let some =
            #"{"subscribe":{"metrics":["waiting","serviceLevel"],"agents":false,"minIntervalMs":300,"insensitivity":{"waiting":1}}}"#
        let lines = [bench.connect(.wallboards), bench.connect(.wallboards)]
        heard(bench.lines(lines[1]), "lines", selected: false)
        ask(some, lines[1], "lines")
        let web = [
            bench.webSocket("/v1/wallboard"), bench.webSocket("/v1/wallboard?metric=waiting&metric=agents&agents=0"),
        ]
        let events = ["/v1/wallboard", "/v1/wallboard?metric=flowOut&metric=longestWaitSince"].map { target in
            let id = bench.connect(.http)
            bench.send(Bench.request("GET", target), id)
            return id
        }
        func listen() {
            for index in 0...1 {
                heard(bench.lines(lines[index]), "lines", selected: index == 1)
                heard(bench.frames(web[index]), "socket", selected: index == 1)
                heard(bench.events(events[index]).map(\.data), "events", selected: index == 1)
            }
        }
        let recording = try Recording.load(Trace.folder + "/22/mixed-a")
        for chunk in recording.chunks where chunk.direction == .incoming {
            bench.wait(Span(microseconds: chunk.microseconds) - bench.now)
            bench.hear(chunk.bytes)
            listen()
        }
        bench.unsent(lines[0], 100_000)
        bench.cutSwitch()
        bench.reconnectSwitch()
        bench.wait(.seconds(20))
        bench.unsent(lines[0], 0)
        listen()
        for (id, channel) in [(lines[0], "lines"), (web[0], "socket")] {
            for request in [#"{"resume":3}"#, #"{"resume":"x-3"}"#, #"{"subscribe":{"groups":["nobody"]},"resume":3}"#]
            {
                ask(request, id, channel)
            }
        }
        listen()
        return said
    }

    @Test("describe what is really sent on each channel, message by message, and claim nothing that is never sent")
    func asyncAPI() throws {
        let said = try conversation()
        #expect(said.count > 100)
        #expect(
            said.contains { $0.message.contains("\"conflated\"") }
                && said.contains { $0.message.contains("\"resumed\":false") })
        #expect(said.contains { $0.message.contains("\"resumed\":true") })
        guard !Self.isSkipped else { return }
        let lines = said.map { String(decoding: JSON.encode($0), as: UTF8.self) }
        #expect(try Python.lines(Self.script, lines, ["\(Self.folder)/asyncapi.yaml"]) == [], "\(said.count) messages")
    }

    @Test("would reject a message on a channel that does not have it, and one with a member missing")
    func bites() throws {
        guard !Self.isSkipped else { return }
        let at = "2026-03-02T08:15:04.120Z"
        for (said, fault) in [
            (
                Said(
                    channel: "events", action: "send", name: "error",
                    message: #"{"type":"error","at":"\#(at)","message":"x"}"#),
                "is no message"
            ),
            (
                Said(channel: "lines", action: "receive", name: "request", message: #"{"subscribe":{"queue":["x"]}}"#),
                "queue"
            ),
            (
                Said(
                    channel: "lines", action: "send", name: "heartbeat", message: #"{"type":"heartbeat","at":"\#(at)"}"#
                ), "seq"
            ),
            (
                Said(
                    channel: "lines", action: "send", name: "heartbeat",
                    message: #"{"type":"heartbeat","at":"\#(at)","seq":1,"resumed":true}"#), "stream"
            ),
            (
                Said(
                    channel: "lines", action: "send", name: "change",
                    message:
                        #"{"type":"change","at":"\#(at)","seq":1,"queues":[{"switch":"a","name":"b","waiting":1}]}"#),
                "talking"
            ),
        ] {
            let faults = try Python.lines(
                Self.script, [String(decoding: JSON.encode(said), as: UTF8.self)], ["\(Self.folder)/asyncapi.yaml"])
            #expect(faults.contains { $0.hasPrefix("1: ") && $0.contains(fault) }, "\(faults)")
            // Everything else that the document names was not sent.
            #expect(faults.contains { $0.contains("was never") })
        }
    }

    @Test("name the existing metrics")
    func metrics() throws {
        var bench = Bench()
        let answer = bench.request("GET", "/v1/wallboard?metric=x", [("Accept", "application/json")]).body
        let told = answer.components(separatedBy: "there are: ").last?.prefix { $0 != "." }.components(
            separatedBy: ", ")
        let schema = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/wallboard.schema.json")))
        let definitions = (schema as? [String: Any])?["$defs"] as? [String: [String: Any]]
        #expect(told == (definitions?["metric"]?["enum"] as? [String])?.sorted())
        let members = definitions?["selectedQueue"]?["properties"] as? [String: Any]
        #expect(told == members?.keys.filter { $0 != "switch" && $0 != "name" }.sorted())
    }

    @Test("describe a session that their own Schema accepts")
    func session() throws {
        let text = try String(contentsOfFile: "\(Self.folder)/Wallboard.md", encoding: .utf8)
        let blocks = text.components(separatedBy: "```json\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        var said: [Said] = []
        for line in blocks.joined().split(separator: "\n") {
            if line.hasPrefix("< ") || line.hasPrefix("> ") {
                said.append(
                    Said(
                        channel: "lines", action: line.hasPrefix("<") ? "send" : "receive", name: "",
                        message: String(line.dropFirst(2))))
            } else if !said.isEmpty {
                said[said.count - 1].message += line
            }
        }
        #expect(said.count == 12)
        for index in said.indices {
            let type = types([said[index].message])[0]
            let isSelected = said[index].message.contains(#""queues":[{"name":"info","switch":"roma","waiting":0}]"#)
            said[index].name = said[index].action == "receive" ? "request" : isSelected ? "selectedSnapshot" : type
        }
        guard !Self.isSkipped else { return }
        let faults = try Python.lines(
            Self.script, said.map { String(decoding: JSON.encode($0), as: UTF8.self) }, ["\(Self.folder)/asyncapi.yaml"]
        )
        // The last request is the one that is refused.
        let wrong = faults.filter { !$0.contains("was never") }
        #expect(wrong.count == 1 && wrong.first?.hasPrefix("11: ") == true, "\(wrong)")
    }

    private static let script = """
        import json, os, sys
        try:
            import yaml
            from jsonschema import Draft202012Validator
        except ImportError:
            sys.exit(3)
        path = sys.argv[2]
        document = yaml.safe_load(open(path, encoding="utf-8"))
        def at(reference):
            value = document
            for part in reference.removeprefix("#/").split("/"):
                value = value[part]
            return value
        def resolved(value):
            while "$ref" in value:
                value = at(value["$ref"])
            return value
        def validator(message):
            file, pointer = resolved(message)["payload"]["schema"]["$ref"].split("#")
            schema = json.load(open(os.path.join(os.path.dirname(path), file), encoding="utf-8"))
            return Draft202012Validator({"$schema": schema["$schema"], "$ref": "#" + pointer, "$defs": schema["$defs"]})
        allowed = {}
        for operation in document["operations"].values():
            channel = operation["channel"]["$ref"].split("/")[-1]
            for message in operation["messages"]:
                name = message["$ref"].split("/")[-1]
                allowed[(channel, operation["action"], name)] = validator(message)
        bad = 0
        seen = set()
        for number, line in enumerate(open(sys.argv[1], encoding="utf-8"), 1):
            said = json.loads(line)
            key = (said["channel"], said["action"], said["name"])
            if key not in allowed:
                bad += 1
                print(f"{number}: {key} is no message of the document")
                continue
            seen.add(key)
            for error in allowed[key].iter_errors(json.loads(said["message"])):
                bad += 1
                print(f"{number}: {key}: {error.message[:200]} at /{'/'.join(map(str, error.absolute_path))} in {said['message'][:300]}".replace("\\n", " "))
        for key in sorted(set(allowed) - seen):
            bad += 1
            print(f"{key} was never said")
        sys.exit(1 if bad else 0)
        """
}
