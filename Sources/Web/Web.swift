/// The pages that the gateway serves, embedded in the program: nothing to install beside it, nothing to find at run time.
///
/// The pages ask for no outside asset and hold no inline script or style, so that ``contentSecurityPolicy`` can be strict.
/// Sources: `Pages/`, plain HTML, CSS and JavaScript modules.
public enum WebPages {
    /// Send it as `Content-Security-Policy` with every page and asset. WebSocket and EventSource to the same host are `'self'`.
    public static let contentSecurityPolicy =
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; object-src 'none'"

    /// The page or asset at a request's path, without the query; nil when there is none, which is a 404.
    public static func page(at path: String) -> (contentType: String, bytes: [UInt8])? {
        switch path {
        case "/": (html, PackageResources.start_html)
        case "/desk": (html, PackageResources.desk_html)
        case "/wallboard": (html, PackageResources.wallboard_html)
        case "/assets/common.css": (css, PackageResources.common_css)
        case "/assets/common.js": (script, PackageResources.common_js)
        case "/assets/icon.svg": ("image/svg+xml", PackageResources.icon_svg)
        case "/assets/start.css": (css, PackageResources.start_css)
        case "/assets/start.js": (script, PackageResources.start_js)
        case "/assets/desk.css": (css, PackageResources.desk_css)
        case "/assets/desk.js": (script, PackageResources.desk_js)
        case "/assets/desk-cards.js": (script, PackageResources.desk_cards_js)
        case "/assets/desk-connection.js": (script, PackageResources.desk_connection_js)
        case "/assets/desk-sign-in.js": (script, PackageResources.desk_sign_in_js)
        case "/assets/desk-text.js": (script, PackageResources.desk_text_js)
        case "/assets/wallboard.css": (css, PackageResources.wallboard_css)
        case "/assets/wallboard.js": (script, PackageResources.wallboard_js)
        case "/assets/wallboard-stream.js": (script, PackageResources.wallboard_stream_js)
        case "/assets/wallboard-text.js": (script, PackageResources.wallboard_text_js)
        case "/assets/wallboard-tile.js": (script, PackageResources.wallboard_tile_js)
        default: nil
        }
    }

    private static let html = "text/html; charset=utf-8"
    private static let css = "text/css; charset=utf-8"
    private static let script = "text/javascript; charset=utf-8"
}
