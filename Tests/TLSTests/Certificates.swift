import Glibc

/// Certificates for the tests, made by the `openssl` command in a folder of their own: two authorities and what they
/// signed.
struct Certificates: Sendable {
    static let shared = Certificates()

    private let folder: String

    /// A certificate file and its key file.
    struct Pair: Sendable {
        var certificate: String
        var key: String
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    var authority: String { path("authority.crt") }
    func pair(_ name: String) -> Pair { Pair(certificate: path("\(name).crt"), key: path("leaf.key")) }

    private init() {
        // mkdtemp writes over the X's.
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/centralino-tls-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            fatalError("there can be no folder in \(parent): \(String(cString: strerror(errno)))")
        }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard system("cd '\(folder)' && (\(Self.script)) > log 2>&1 || { cat log >&2; exit 1; }") == 0 else {
            fatalError("the certificates could not be made: is the package openssl installed?")
        }
        atexit { system("rm -rf '\(Certificates.shared.folder)'") }
    }

    private static let script = #"""
        set -e
        cat > ca.cnf <<END
        [ca]
        default_ca = tests
        [tests]
        database = index.txt
        new_certs_dir = .
        rand_serial = yes
        unique_subject = no
        default_md = sha256
        policy = any
        copy_extensions = copy
        [any]
        commonName = supplied
        END
        touch index.txt
        key() { openssl ecparam -name prime256v1 -genkey -noout -out $1.key; }
        # sign NAME COMMON-NAME EXTENSIONS [FROM TO AUTHORITY]
        sign() {
            openssl req -new -key leaf.key -out $1.csr -utf8 -subj "/CN=$2" ${3:+-addext} $3
            openssl ca -batch -config ca.cnf -notext -in $1.csr -out $1.crt -startdate ${4:-20200101000000Z} -enddate ${5:-20991231000000Z} \
                -cert ${6:-authority}.crt -keyfile ${6:-authority}.key
        }
        for name in authority other; do
            key $name
            openssl req -x509 -key $name.key -out $name.crt -days 3650 -subj /CN=$name
        done
        key leaf
        key stray
        names=subjectAltName=IP:127.0.0.1,DNS:localhost
        sign good good $names
        sign expired expired $names 20200101000000Z 20200301123000Z
        sign future future $names 20990101000000Z
        sign stranger stranger $names 20200101000000Z 20991231000000Z other
        sign elsewhere elsewhere subjectAltName=DNS:pbx.example,IP:192.0.2.7
        sign nameless pbx.example ''
        sign client-only client-only "$names -addext extendedKeyUsage=clientAuth"
        sign rude "$(printf 'a\033[31mb\nc')" $names
        openssl req -x509 -key leaf.key -out self-signed.crt -days 3650 -subj /CN=self-signed -addext $names
        openssl pkey -in leaf.key -aes128 -passout pass:secret -out encrypted.key
        echo no certificate here > text.pem
        """#
}
