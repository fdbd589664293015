@main enum Centralino { static func main() {} }
