import Testing

@testable import TLS

@Suite("Scrypt: passwords as they are stored")
struct ScryptTests {
    /// Cheap, so that tests are quick.
    private let cheap = Scrypt.Costs(logN: 10, r: 8, p: 1)
    private let password = Array("correct horse battery staple".utf8)

    @Test("the right password is right, another is not")
    func check() {
        let stored = Scrypt.text(of: password, cheap)
        #expect(Scrypt.isRight(password, stored) == true)
        #expect(Scrypt.isRight(password + [120], stored) == false)
        #expect(Scrypt.isRight([], stored) == false)
    }

    @Test("agrees with Python's hashlib")
    func known() {
        // base64 of hashlib.scrypt(b"correct horse battery staple", salt=bytes(range(16)), n=1024, r=8, p=1, dklen=32)
        let stored = "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$mp90zEQd5XGhjEv4WArVH4Z0XRSzkGWtJK2S/AXJlRU"
        #expect(Scrypt.isRight(password, stored) == true)
    }

    @Test("the costs are in the text, and each text has a salt of its own")
    func text() {
        let (one, other) = (Scrypt.text(of: password, cheap), Scrypt.text(of: password, cheap))
        #expect(one.hasPrefix("$scrypt$ln=10,r=8,p=1$") && one != other)
        #expect(Scrypt.text(of: password).hasPrefix("$scrypt$ln=15,r=8,p=3$"))
        #expect(Scrypt.read(one)?.salt.count == 16)
    }

    @Test("a stored text cannot ask for all memory, and one that is damaged opens nothing")
    func bounded() {
        let stored = Scrypt.text(of: password, cheap)
        for (old, new) in [
            ("ln=10", "ln=40"), ("ln=10", "ln=0"), ("ln=10", "ln=-1"), ("r=8", "r=1000000"), ("p=1", "p=99"),
            ("ln=10,", ""), ("$scrypt", "$argon2id"), ("$ln", "$$ln"),
        ] {
            let text = stored.replacing(old, with: new)
            #expect(Scrypt.read(text) == nil, "\(text)")
            #expect(Scrypt.isRight(password, text) == false)
        }
        for text in ["", "$", "$scrypt$ln=10,r=8,p=1$$", "$scrypt$ln=10,r=8,p=1$!!!!$????", String(stored.dropLast(2))]
        {
            #expect(Scrypt.isRight(password, text) == false)
        }
    }
}
