import Cuv

/// One of libuv's error codes.
public struct UVCode: Error, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: Int32

    init(_ rawValue: Int32) { self.rawValue = rawValue }
    init(_ code: uv_errno_t) { rawValue = code.rawValue }

    /// libuv's name of the code, e.g. `ECONNREFUSED`.
    public var name: String { String(cString: uv_err_name(rawValue)) }
    /// libuv's description of it, e.g. “connection refused”.
    public var description: String { String(cString: uv_strerror(rawValue)) }
}

/// What the system refused to the loop: the fault, the place and the remedy.
public enum EventLoopError: Error, Equatable, Sendable {
    case noLoop(code: UVCode)
    case notAnAddress(host: String)
    case cannotListen(host: String, port: Int, code: UVCode)
    case cannotResolve(host: String, code: UVCode)
    case cannotConnect(host: String, port: Int, code: UVCode)
    case connectTimedOut(host: String, port: Int, afterMicroseconds: Int64)
    /// The connection is no longer wanted by its caller, or the loop stops.
    case cancelled
    case cannotWatch(what: String, code: UVCode)
}

extension EventLoopError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noLoop(let code):
            "The event loop could not be created: \(code.description) (\(code.name)). Check the limit of open files (ulimit -n)."
        case .notAnAddress(let host):
            "“\(host)” is not an address to listen on. Give a numeric address: 127.0.0.1, 0.0.0.0 (every IPv4), :: (every address) or localhost."
        case .cannotListen(let host, let port, let code):
            "Cannot listen on \(host):\(port): \(code.description) (\(code.name)). \(Self.remedyForListening(code, port: port))"
        case .cannotResolve(let host, let code) where code == UVCode(UV_EAI_NONAME) || code == UVCode(UV_EAI_NODATA):
            "No host is named “\(host)” (\(code.name)). Check the spelling, or give its numeric address."
        case .cannotResolve(let host, let code):
            "The name “\(host)” could not be resolved: \(code.description) (\(code.name)). Check the DNS servers in /etc/resolv.conf."
        case .cannotConnect(let host, let port, let code):
            "Cannot connect to \(host):\(port): \(code.description) (\(code.name)). \(Self.remedyForConnecting(code))"
        case .connectTimedOut(let host, let port, let microseconds):
            "No answer from \(host):\(port) in \(microseconds / 1000) ms. Check that the host is up and that no firewall drops the packets."
        case .cancelled:
            "The connection was given up before it was made."
        case .cannotWatch(let what, let code):
            "Cannot watch \(what): \(code.description) (\(code.name)). Check the limit of open files (ulimit -n)."
        }
    }

    private static func remedyForListening(_ code: UVCode, port: Int) -> String {
        switch code {
        case UVCode(UV_EADDRINUSE):
            "Another program has the port: `ss -ltnp 'sport = :\(port)'` names it. Stop it or choose another port."
        case UVCode(UV_EACCES):
            "Ports below 1024 need the capability CAP_NET_BIND_SERVICE. Grant it or choose another port."
        case UVCode(UV_EADDRNOTAVAIL): "No interface of this machine has the address; `ip address` lists them."
        case UVCode(UV_EMFILE): "Raise the limit of open files (ulimit -n)."
        default: "Check the address and the port."
        }
    }

    private static func remedyForConnecting(_ code: UVCode) -> String {
        switch code {
        case UVCode(UV_ECONNREFUSED):
            "The host answers but nothing listens there: check the port and that the service runs."
        case UVCode(UV_EHOSTUNREACH), UVCode(UV_ENETUNREACH):
            "There is no way to the host: check the address and the routes (ip route)."
        case UVCode(UV_EMFILE): "Raise the limit of open files (ulimit -n)."
        default: "Check the address, the port and the network between."
        }
    }
}
