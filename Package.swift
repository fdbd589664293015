// swift-tools-version:6.2
// The map of the house: read it from the top. A → B means that A imports B: no import without an arrow compiles in CI
// (`swift build --explicit-target-dependency-import-check error`), and a test finds an arrow without an import.
import PackageDescription

let program: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]
/// Elsewhere each file says what it uses. The program's files use nearly everything.
let swift = program + [.enableUpcomingFeature("MemberImportVisibility")]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "centralino",
    products: [.executable(name: "centralino", targets: ["centralino"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // MARK: Protocols — bytes, no telephony
        .target(name: "Wire", path: "Protocols/Wire", swiftSettings: swift),
        .target(name: "AMI", dependencies: ["Wire"], path: "Protocols/AMI", exclude: ["AMI.md"], swiftSettings: swift),
        .target(
            name: "HTTP",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOWebSocket", package: "swift-nio"),
            ], path: "Protocols/HTTP", exclude: ["HTTP.md", "Threats.md", "openapi.yaml"], swiftSettings: swift),
        .target(
            name: "Metrics", path: "Protocols/Metrics",
            exclude: ["Metrics.md", "grafana-dashboard.json", "alerts.yaml"],
            swiftSettings: swift),
        .target(
            name: "Webhook", dependencies: ["Wire"], path: "Protocols/Webhook",
            exclude: ["Webhook.md", "event.schema.json"],
            swiftSettings: swift),
        .target(
            name: "ScreenPop", dependencies: ["Wire"], path: "Protocols/ScreenPop",
            exclude: ["ScreenPop.md", "desk.schema.json"],
            swiftSettings: swift),
        .target(
            name: "Wallboard", dependencies: ["Wire"], path: "Protocols/Wallboard",
            exclude: ["Figures.md", "Wallboard.md", "asyncapi.yaml", "wallboard.schema.json"], swiftSettings: swift),
        .target(
            name: "Records", path: "Protocols/Records", exclude: ["Records.md", "contact.schema.json"],
            swiftSettings: swift),

        // MARK: the pure targets — telephony, no bytes, no world
        .target(name: "Time", swiftSettings: swift),
        .target(name: "Telephony", dependencies: ["Time"], swiftSettings: swift),
        .target(
            name: "Access", dependencies: ["Telephony", "Time"], exclude: ["Access.md"], swiftSettings: swift),
        .target(name: "Calls", dependencies: ["Telephony", "Time"], swiftSettings: swift),
        .target(name: "Directory", dependencies: ["Telephony", "Time"], swiftSettings: swift),
        .target(name: "Contacts", dependencies: ["Directory", "Telephony", "Time"], swiftSettings: swift),
        .target(name: "Figures", dependencies: ["Telephony", "Time"], swiftSettings: swift),
        .target(name: "ACD", dependencies: ["Figures", "Telephony", "Time"], swiftSettings: swift),
        .target(name: "Reconciliation", dependencies: ["Telephony", "Time"], swiftSettings: swift),
        .target(name: "Delivery", dependencies: ["Time"], swiftSettings: swift),
        .target(name: "Switches", dependencies: ["AMI", "Webhook", "Wire", "Telephony", "Time"], swiftSettings: swift),
        .target(
            name: "Core",
            dependencies: [
                "Switches", "AMI", "Webhook", "Wire", "Contacts", "Calls", "Directory", "ACD", "Figures", "Telephony",
                "Time",
            ], swiftSettings: swift),
        .target(
            name: "Edges",
            dependencies: [
                "Core", "Access", "Switches", "ScreenPop", "Wallboard", "Webhook", "HTTP", "Metrics", "Wire",
                "Contacts", "Calls", "Directory", "ACD", "Figures", "Telephony", "Time",
            ], swiftSettings: swift),
        .target(
            name: "Gateway",
            dependencies: [
                "Core", "Edges", "Switches", "Wallboard", "Records", "HTTP", "Wire", "Contacts", "Calls", "Directory",
                "ACD", "Figures", "Telephony", "Time",
            ], swiftSettings: swift),

        // MARK: the world — each knows nothing of telephony's rules
        .systemLibrary(name: "Cuv", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "Czstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "Czlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "Ccurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "Cphonenumber", linkerSettings: [.linkedLibrary("phonenumber")]),
        .target(name: "EventLoop", dependencies: ["Cuv"], swiftSettings: swift),
        .target(name: "TLS", dependencies: ["COpenSSL"], swiftSettings: swift),
        .target(
            name: "Store", dependencies: [.product(name: "GRDB", package: "GRDB.swift")], exclude: ["Privacy.md"],
            swiftSettings: swift),
        .target(name: "Journal", dependencies: ["Czstd"], exclude: ["Journal.md"], swiftSettings: swift),
        .target(name: "Numbering", dependencies: ["Cphonenumber", "Telephony"], swiftSettings: swift),
        .target(name: "Outbound", dependencies: ["Ccurl", "EventLoop"], swiftSettings: swift),
        .target(name: "Web", resources: [.embedInCode("Pages")], swiftSettings: swift),

        // MARK: the program
        .executableTarget(
            name: "centralino",
            dependencies: [
                "Gateway", "Core", "Edges", "Access", "Switches", "AMI", "ScreenPop", "Wallboard", "Webhook", "Records",
                "HTTP", "Wire", "Contacts", "Directory", "ACD", "Figures", "Reconciliation", "Delivery", "Telephony",
                "Time",
                "EventLoop", "TLS", "Store", "Journal", "Numbering", "Outbound", "Web", "Playback", "Recordings",
                argumentParser, .product(name: "TOMLKit", package: "TOMLKit"),
            ], swiftSettings: program),

        // MARK: the simulator — recordings, invented calls, and what both must come to
        .target(name: "Recordings", dependencies: ["Czlib"], path: "Simulator/Recordings", swiftSettings: swift),
        .target(
            name: "Playback",
            dependencies: [
                "Gateway", "Core", "Edges", "Switches", "Contacts", "Figures", "AMI", "Wire", "Telephony", "Time",
            ],
            path: "Simulator/Playback", swiftSettings: swift),
        .target(
            name: "Simulation", dependencies: ["AMI", "Wire", "Telephony", "Time"], path: "Simulator/Simulation",
            swiftSettings: swift),
        .target(
            name: "Reference",
            dependencies: [
                "Simulation", "Recordings", "Records", "Contacts", "Figures", "AMI", "Wire", "Telephony", "Time",
            ],
            path: "Simulator/Reference", swiftSettings: swift),

        // MARK: benchmarks — the path in steps, for callgrind
        .executableTarget(
            name: "stages",
            dependencies: [
                "Core", "Switches", "AMI", "Calls", "Contacts", "ACD", "Figures", "Journal", "TLS", "Wire", "Telephony",
                "Time",
            ], path: "Tests/Benchmarks/Stages", swiftSettings: swift),

        // MARK: tests — one target per target, and those that cross them
        .testTarget(name: "WireTests", dependencies: ["Wire"], swiftSettings: swift),
        .testTarget(name: "AMITests", dependencies: ["AMI", "Recordings", "Wire"], swiftSettings: swift),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP"], swiftSettings: swift),
        .testTarget(name: "WebhookTests", dependencies: ["Webhook", "TLS", "Wire"], swiftSettings: swift),
        .testTarget(name: "RecordsTests", dependencies: ["Records", "SchemaValidation", "Wire"], swiftSettings: swift),
        .testTarget(name: "MetricsTests", dependencies: ["Metrics"], swiftSettings: swift),
        .testTarget(name: "TimeTests", dependencies: ["Telephony", "Time"], swiftSettings: swift),
        .testTarget(name: "AccessTests", dependencies: ["Access", "Telephony", "TLS", "Time"], swiftSettings: swift),
        .testTarget(name: "TelephonyTests", dependencies: ["Telephony", "Time"], swiftSettings: swift),
        .testTarget(
            name: "SwitchesTests",
            dependencies: [
                "Switches", "AMI", "Webhook", "Wire", "Calls", "Contacts", "Telephony", "Time", "Recordings", "TLS",
            ],
            exclude: ["Conversations"], swiftSettings: swift),
        .testTarget(name: "CallsTests", dependencies: ["Calls", "Telephony", "Time"], swiftSettings: swift),
        .testTarget(name: "DirectoryTests", dependencies: ["Directory"], swiftSettings: swift),
        .testTarget(
            name: "ContactsTests", dependencies: ["Contacts", "Directory", "Telephony", "Time"], swiftSettings: swift),
        .testTarget(
            name: "FiguresTests",
            dependencies: ["Figures", "Telephony", "Time", .product(name: "Histogram", package: "hdrhistogram-swift")],
            swiftSettings: swift),
        .testTarget(name: "ACDTests", dependencies: ["ACD", "Figures", "Telephony", "Time"], swiftSettings: swift),
        .testTarget(name: "DeliveryTests", dependencies: ["Delivery", "Time"], swiftSettings: swift),
        .testTarget(
            name: "ReconciliationTests", dependencies: ["Reconciliation", "Telephony", "Time"], swiftSettings: swift),
        .testTarget(
            name: "CoreTests",
            dependencies: [
                "Core", "Recordings", "Directory", "Figures", "Switches", "ACD", "Telephony", "Time", "Wire",
            ],
            swiftSettings: swift),
        .testTarget(
            name: "EdgesTests", dependencies: ["Edges", "Access", "Core", "HTTP", "Telephony", "Time", "Wire"],
            swiftSettings: swift),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Gateway", "Core", "Edges", "Access", "Recordings", "Playback", "Simulation", "Reference",
                "SchemaValidation", "TLS", "Switches",
                "AMI", "ScreenPop", "Wallboard", "Webhook", "Records", "HTTP", "Metrics", "Wire",
                "Contacts", "Directory", "ACD", "Figures", "Numbering",
                "Telephony", "Time",
            ],
            swiftSettings: swift),
        .testTarget(name: "EventLoopTests", dependencies: ["EventLoop"], swiftSettings: swift),
        .testTarget(name: "TLSTests", dependencies: ["TLS", "EventLoop"], swiftSettings: swift),
        .testTarget(
            name: "StoreTests", dependencies: ["Store", .product(name: "GRDB", package: "GRDB.swift")],
            exclude: ["Stores"], swiftSettings: swift),
        .testTarget(name: "JournalTests", dependencies: ["Journal", "TLS"], swiftSettings: swift),
        .testTarget(name: "NumberingTests", dependencies: ["Numbering", "Telephony"], swiftSettings: swift),
        .testTarget(name: "OutboundTests", dependencies: ["Outbound", "EventLoop"], swiftSettings: swift),
        .testTarget(
            name: "PlaybackTests", dependencies: ["Playback", "Recordings", "AMI", "Wire", "Telephony", "Time"],
            swiftSettings: swift),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation", "Time", "Wire"], swiftSettings: swift),
        .testTarget(name: "ReferenceTests", dependencies: ["Reference", "Telephony", "Time"], swiftSettings: swift),
        .testTarget(
            name: "ProgramTests",
            dependencies: [
                "centralino", "EventLoop", "TLS", "Store", "Reconciliation", "Recordings", "Gateway", "ACD", "Figures",
                "Telephony", "Time", "Wallboard",
                "Playback", "Simulation", "Reference", "Waiting", "SchemaValidation", "Records", "Core", "Edges",
                "Wire", "AMI",
                "Contacts",
                "Directory", "Journal", "Numbering", "ScreenPop", "Switches",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            exclude: ["OpenAPI"], swiftSettings: swift),
        .testTarget(
            name: "LiveSwitchTests",
            dependencies: ["centralino", "Records", .product(name: "GRDB", package: "GRDB.swift")], swiftSettings: swift
        ),
        .testTarget(name: "RepositoryTests", swiftSettings: swift),
        // Threads for tests that wait.
        .target(name: "Waiting", path: "Tests/Waiting", swiftSettings: swift),
        // Python's validators, which judge what is sent against the schemas.
        .target(name: "SchemaValidation", path: "Tests/SchemaValidation", swiftSettings: swift),
        // What the fuzzers run and `swift test` replays; the fuzzers themselves follow below.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "Gateway", "Core", "Edges", "Switches", "Contacts", "ACD", "Directory", "AMI", "Records", "Wire",
                "Telephony", "Time",
            ],
            path: "Tests/Fuzz/FuzzTargets",
            swiftSettings: swift),
        .testTarget(name: "FuzzCorpusTests", dependencies: ["FuzzTargets"], swiftSettings: swift),
        .testTarget(
            name: "BrowserTests", dependencies: ["centralino", "Waiting"], exclude: ["Screenshots"],
            swiftSettings: swift),
    ],
    cxxLanguageStandard: .cxx17
)

// What needs no socket, no database and no SwiftNIO: it builds and is tested in seconds (`make test-fast`).
if Context.environment["CENTRALINO_PURE"] == "1" {
    let pure: Set = [
        "Wire", "AMI", "Metrics", "Webhook", "ScreenPop", "Wallboard", "Records", "Time", "Telephony", "Access",
        "Calls",
        "Directory", "Contacts",
        "Figures", "ACD", "Reconciliation", "Delivery", "Switches", "Core", "Recordings", "Simulation", "Reference",
        "Czlib", "TLS", "COpenSSL",
        "SchemaValidation", "Journal", "Czstd", "stages",
    ]
    let tests: Set = [
        "WireTests", "AMITests", "MetricsTests", "WebhookTests", "RecordsTests", "TimeTests", "TelephonyTests",
        "AccessTests",
        "CallsTests",
        "DirectoryTests", "ContactsTests", "FiguresTests", "ACDTests", "ReconciliationTests", "DeliveryTests",
        "SwitchesTests", "CoreTests", "SimulationTests",
        "ReferenceTests",
        "RepositoryTests",
    ]
    package.targets.removeAll { !pure.contains($0.name) && !tests.contains($0.name) }
    package.products = []
    package.dependencies = [.package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0")]
}

// Only the named test targets and what they stand on. A mutant in `Calls` needs `CallsTests`, not the program
// (`Tests/Mutants/run`).
if let names = Context.environment["CENTRALINO_TESTS"] {
    var needed: Set<String> = []
    var toVisit = names.split(separator: ",").map(String.init)
    while let name = toVisit.popLast() {
        guard needed.insert(name).inserted else { continue }
        for case .byNameItem(let dependency, _) in package.targets.first(where: { $0.name == name })?.dependencies ?? []
        {
            toVisit.append(dependency)
        }
    }
    package.targets.removeAll { !needed.contains($0.name) }
    package.products = []
}

// The tests play hours of traffic. In CI the product's modules are optimised, with their assertions and for
// `@testable`.
if Context.environment["CENTRALINO_OPTIMISED"] == "1" {
    for target in package.targets where target.type == .regular || target.type == .executable {
        let flags: [SwiftSetting] = [.unsafeFlags(["-O", "-assert-config", "Debug"])]
        target.swiftSettings = (target.swiftSettings ?? []) + flags
    }
}

// Programs for libFuzzer, which has a `main` of its own: no ordinary build makes them (`make fuzz`).
if Context.environment["CENTRALINO_FUZZ"] == "1" {
    let fuzzer = swift + [.unsafeFlags(["-parse-as-library"])]
    package.targets += [
        .executableTarget(
            name: "FuzzAMI", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/FuzzAMI", swiftSettings: fuzzer),
        .executableTarget(
            name: "FuzzSession", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/FuzzSession", swiftSettings: fuzzer),
        .executableTarget(
            name: "FuzzSwitch", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/FuzzSwitch", swiftSettings: fuzzer),
    ]
}
