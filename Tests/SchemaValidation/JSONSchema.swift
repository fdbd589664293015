import Foundation

/// A JSON Schema (2020-12) of the repository, and what violates it. Swift has no validator of its own that knows this
/// draft.
public struct JSONSchema: Sendable {
    private let path: String

    /// `name` is the path below `Protocols`, e.g. `ScreenPop/desk.schema.json`.
    public init(of name: String) {
        path =
            URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Protocols/\(name)").standardized
            .path
    }

    /// false where `CENTRALINO_SKIP_SCHEMA=1` says that there is no validator. Then nothing is a violation.
    public static var isChecked: Bool { ProcessInfo.processInfo.environment["CENTRALINO_SKIP_SCHEMA"] != "1" }

    /// A sentence for each violation. `documents` are JSON texts of one line each; `definition` is a name in the
    /// Schema's `$defs`, nil the whole.
    public func violations(of documents: [String], as definition: String? = nil) throws -> [String] {
        guard Self.isChecked else { return [] }
        return try Python.lines(Self.script, documents, [path, definition ?? ""])
    }

    private static let script = """
        import json, sys
        try:
            from jsonschema import Draft202012Validator
        except ImportError:
            sys.exit(3)
        schema = json.load(open(sys.argv[2], encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        if sys.argv[3]:
            schema = {"$schema": schema["$schema"], "$ref": "#/$defs/" + sys.argv[3], "$defs": schema["$defs"]}
        validator = Draft202012Validator(schema)
        bad = 0
        for number, line in enumerate(open(sys.argv[1], encoding="utf-8"), 1):
            for error in validator.iter_errors(json.loads(line)):
                bad += 1
                print(f"message {number}: {error.message[:200]} at /{'/'.join(map(str, error.absolute_path))} in {line[:300]}".replace("\\n", " "))
        sys.exit(1 if bad else 0)
        """
}
