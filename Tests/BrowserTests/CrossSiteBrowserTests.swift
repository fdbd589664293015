import Foundation
import FoundationNetworking
import Testing

extension BrowserTests.WithOwnGateway {
    /// A page of another site in a real browser: what it tries against the gateway, and what comes of it.
    @Suite("A page of another site")
    struct CrossSiteBrowserTests {
        /// What the page reports of its attempts.
        private struct Attempts: Decodable, Equatable {
            /// Whether it could read the board; by a header that a preflight must allow.
            var read: Bool
            var readWithHeader: Bool
            /// Whether an event of the stream came; whether a WebSocket opened.
            var streamed: Bool
            var socket: Bool
        }

        private static func attempts(_ gateway: String) -> String {
            """
            (async () => {
                const board = '\(gateway)/v1/wallboard';
                const json = { Accept: 'application/json' };
                const read = async (headers) => { try { return (await (await fetch(board, { headers })).json()).type === 'snapshot'; } catch { return false; } };
                const streamed = () => new Promise((resolve) => {
                    const source = new EventSource(board);
                    source.onmessage = () => { source.close(); resolve(true); };
                    source.onerror = () => { source.close(); resolve(false); };
                });
                const socket = () => new Promise((resolve) => {
                    const socket = new WebSocket(board.replace('http', 'ws'));
                    socket.onopen = () => { socket.close(); resolve(true); };
                    socket.onerror = () => resolve(false);
                });
                // As a form would: no preflight asks for it.
                await fetch('\(gateway)/v1/webhooks/nuvola', { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' }).catch(() => null);
                done({ read: await read(json), readWithHeader: await read({ ...json, Authorization: 'Bearer x' }), streamed: await streamed(), socket: await socket() });
            })()
            """
        }

        /// Shows a page of the gateway in a frame, and reports whether its browser did.
        private static func frame(_ gateway: String) -> String {
            """
            const frame = document.createElement('iframe');
            frame.onload = () => done(true);
            frame.src = '\(gateway)/wallboard';
            document.body.append(frame);
            """
        }

        private func visit(
            http: (_ origin: String) -> String, host: String = "localhost",
            _ body: (Page, Centralino.Gateway) async throws -> Void
        ) async throws {
            let browser = try Harness.now().browser
            let site = FileManager.default.temporaryDirectory.appending(path: "centralino-site-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: site, withIntermediateDirectories: true)
            try "<!doctype html><title>another site</title>".write(
                to: site.appending(path: "index.html"), atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(at: site) }
            let server = try StartedProgram(
                "/usr/bin/python3", ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", site.path])
            let result: Result<Void, any Error>
            do {
                let origin = "http://\(host):\(try await server.line(/port ([0-9]+)/))"
                let (simulated, gateway, folder) = try await Centralino.playing(
                    path: "Simulator/Traces/22/names_hostile-a", speed: 2, http: http(origin))
                do {
                    try await browser.withPage(width: 800, height: 600) { page in
                        try await page.open(origin + "/index.html")
                        try await body(page, gateway)
                    }
                    result = .success(())
                } catch {
                    result = .failure(error)
                }
                await gateway.program.stop()
                await simulated.stop()
                try? FileManager.default.removeItem(at: folder)
            } catch {
                result = .failure(error)
            }
            await server.stop()
            try result.get()
        }

        @Test("that nobody listed reads nothing, opens nothing, changes nothing, and shows no page of ours in a frame")
        func foreign() async throws {
            try await visit(http: { _ in "" }) { page, gateway in
                let attempts: Attempts = try await page.outcome(Self.attempts(gateway.pages))
                #expect(attempts == Attempts(read: false, readWithHeader: false, streamed: false, socket: false))
                let (metrics, _) = try await URLSession.shared.data(from: URL(string: gateway.pages + "/metrics")!)
                let text = String(decoding: metrics, as: UTF8.self)
                // The webhook and the WebSocket.
                #expect(text.contains("centralino_clients_refused_total{reason=\"origin\"} 2"), "\(text)")
                let _: Bool = try await page.outcome(Self.frame(gateway.pages))
                let complaints = try await page.complaints()
                #expect(complaints.contains { $0.message.contains("frame-ancestors") }, "\(complaints)")
            }
        }

        @Test("that the configuration lists reads the board, follows its stream, and shows it in a frame")
        func listed() async throws {
            try await visit(http: { "origins = [\"\($0)\"]\nframe_ancestors = [\"\($0)\"]" }) { page, gateway in
                let attempts: Attempts = try await page.outcome(Self.attempts(gateway.pages))
                #expect(attempts == Attempts(read: true, readWithHeader: true, streamed: true, socket: true))
                _ = try await page.complaints()
                let _: Bool = try await page.outcome(Self.frame(gateway.pages))
                #expect(try await page.complaints().filter { $0.message.contains("frame-ancestors") }.isEmpty)
            }
        }

        @Test("or our own, over TLS: the desk connects, and the board follows its stream")
        func overTLS() async throws {
            let browser = try Harness.now().browser
            let (simulated, gateway, folder) = try await Centralino.playing(
                path: "Simulator/Traces/22/names_hostile-a", speed: 2,
                more: "[tls]\ncertificate_file = \"gw.crt\"\nkey_file = \"gw.key\""
            ) { folder in
                let openssl = Process()
                openssl.executableURL = URL(filePath: "/usr/bin/openssl")
                openssl.arguments =
                    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout \(folder.path)/gw.key -out \(folder.path)/gw.crt -days 30 -subj /CN=gw -addext subjectAltName=IP:127.0.0.1"
                    .split(separator: " ").map(String.init)
                openssl.standardError = FileHandle.nullDevice
                try openssl.run()
                openssl.waitUntilExit()
            }
            let result: Result<Void, any Error>
            do {
                try await browser.withPage(width: 1280, height: 800, trustsAll: true) { page in
                    #expect(gateway.pages.hasPrefix("https://"))
                    try await page.open(gateway.pages + "/desk#token=desk&agent=PJSIP/1003")
                    try await page.wait(for: "document.body.dataset.state === 'connected'")
                    #expect(try await page.value("isSecureContext && location.protocol === 'https:'"))
                    try await page.open(gateway.pages + "/wallboard")
                    try await page.wait(for: "document.querySelectorAll('.tile, article').length > 0")
                    #expect(try await page.complaints().isEmpty)
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await gateway.program.stop()
            await simulated.stop()
            try? FileManager.default.removeItem(at: folder)
            try result.get()
        }
    }
}
