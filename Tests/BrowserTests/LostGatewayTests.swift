import Testing

extension BrowserTests.WithOwnGateway {
    @Suite("A gateway that stops")
    struct LostGatewayTests {
        @Test("is reported clearly by both pages, which recover by themselves when it is back")
        func stopAndStart() async throws {
            let browser = try Harness.now().browser
            let first = try await Centralino.demo(speed: 3)
            var second: Centralino.Gateway?
            let result: Result<Void, any Error>
            do {
                try await browser.withPage(width: 1920, height: 1080) { wallboard in
                    try await browser.withPage(width: 1280, height: 800) { desk in
                        try await wallboard.open(first.pages + "/wallboard")
                        try await desk.open(first.pages + "/desk#token=demo&agent=PJSIP/1007")
                        try await wallboard.wait(
                            for: "document.body.dataset.state === 'live' && document.querySelector('.tile')")
                        try await desk.wait(for: "document.body.dataset.state === 'connected'")

                        await first.program.stop()
                        try await wallboard.wait(
                            for: "document.body.dataset.state === 'stale' && !document.getElementById('stale').hidden")
                        #expect(
                            try await wallboard.value(
                                "document.getElementById('stale').innerText.includes('DATI FERMI')"))
                        #expect(try await wallboard.value("document.title.includes('DATI FERMI')"))
                        #expect(
                            try await wallboard.value(
                                "Number(getComputedStyle(document.getElementById('queues')).opacity) < 0.5"),
                            "old figures do not look live")
                        try await desk.wait(
                            for: "document.body.dataset.state === 'lost' && !document.getElementById('lost').hidden")
                        #expect(
                            try await desk.value(
                                "document.getElementById('lost').innerText.includes('Collegamento perso')"))
                        #expect(try await desk.value("document.title.includes('Non collegata')"))
                        try await wallboard.screenshot("wallboard-stale")
                        try await desk.screenshot("desk-lost")
                        #expect(try await wallboard.value("document.documentElement.scrollHeight <= innerHeight"))

                        second = try await Centralino.demo(speed: 3, httpPort: first.port)
                        try await wallboard.wait(
                            for:
                                "document.body.dataset.state === 'live' && document.getElementById('stale').hidden && document.querySelector('.tile')"
                        )
                        #expect(
                            try await wallboard.value(
                                "getComputedStyle(document.getElementById('queues')).opacity === '1'"))
                        #expect(try await wallboard.value("!document.title.includes('FERMI')"))
                        try await desk.wait(
                            for: "document.body.dataset.state === 'connected' && document.getElementById('lost').hidden"
                        )
                        // A call arrives: the pages are alive.
                        try await desk.wait(
                            for: "document.querySelector('.card[data-state=ringing], .card[data-state=talking]')")
                    }
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await first.program.stop()
            await second?.program.stop()
            try result.get()
        }
    }
}
