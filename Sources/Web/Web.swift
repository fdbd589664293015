/// The pages that the gateway serves, embedded in the program: no file is installed or looked for at run time.
///
/// The pages ask for no outside asset and hold no inline script or style, so that the policy of `HTTP.Response.html`
/// can be strict. Sources: `Pages/`, plain HTML, CSS and JavaScript modules.
public enum WebPages {
    public struct Document: Sendable {
        public let contentType: String
        public let bytes: [UInt8]
    }

    /// Every page and asset, by a request's path without the query.
    public static let documents: [String: Document] = [
        "/": Document(contentType: html, bytes: PackageResources.start_html),
        "/desk": Document(contentType: html, bytes: PackageResources.desk_html),
        "/wallboard": Document(contentType: html, bytes: PackageResources.wallboard_html),
        "/sign-in": Document(contentType: html, bytes: PackageResources.sign_in_html),
        "/assets/sign-in.css": Document(contentType: css, bytes: PackageResources.sign_in_css),
        "/assets/sign-in.js": Document(contentType: script, bytes: PackageResources.sign_in_js),
        "/assets/common.css": Document(contentType: css, bytes: PackageResources.common_css),
        "/assets/common.js": Document(contentType: script, bytes: PackageResources.common_js),
        "/assets/icon.svg": Document(contentType: "image/svg+xml", bytes: PackageResources.icon_svg),
        "/assets/start.css": Document(contentType: css, bytes: PackageResources.start_css),
        "/assets/start.js": Document(contentType: script, bytes: PackageResources.start_js),
        "/assets/desk.css": Document(contentType: css, bytes: PackageResources.desk_css),
        "/assets/desk.js": Document(contentType: script, bytes: PackageResources.desk_js),
        "/assets/desk-cards.js": Document(contentType: script, bytes: PackageResources.desk_cards_js),
        "/assets/desk-connection.js": Document(contentType: script, bytes: PackageResources.desk_connection_js),
        "/assets/desk-sign-in.js": Document(contentType: script, bytes: PackageResources.desk_sign_in_js),
        "/assets/desk-text.js": Document(contentType: script, bytes: PackageResources.desk_text_js),
        "/assets/wallboard.css": Document(contentType: css, bytes: PackageResources.wallboard_css),
        "/assets/wallboard.js": Document(contentType: script, bytes: PackageResources.wallboard_js),
        "/assets/wallboard-alarms.js": Document(contentType: script, bytes: PackageResources.wallboard_alarms_js),
        "/assets/wallboard-chart.js": Document(contentType: script, bytes: PackageResources.wallboard_chart_js),
        "/assets/wallboard-history.js": Document(contentType: script, bytes: PackageResources.wallboard_history_js),
        "/assets/wallboard-screen.js": Document(contentType: script, bytes: PackageResources.wallboard_screen_js),
        "/assets/wallboard-stream.js": Document(contentType: script, bytes: PackageResources.wallboard_stream_js),
        "/assets/wallboard-text.js": Document(contentType: script, bytes: PackageResources.wallboard_text_js),
        "/assets/wallboard-tile.js": Document(contentType: script, bytes: PackageResources.wallboard_tile_js),
    ]

    private static let html = "text/html; charset=utf-8"
    private static let css = "text/css; charset=utf-8"
    private static let script = "text/javascript; charset=utf-8"
}
