import type { BootUser } from "@rollcall/protocol";

/** How a private key's file begins in base64 (OpenSSH, PROTOCOL.key: `openssh-key-v1`). */
const PRIVATE = /PRIVATE KEY|\bb3BlbnNzaC1rZXktdjE/;

/** Lines of private keys among the SSH keys of users: every machine would have them, and everybody who reads the document. The key itself is not repeated. */
export function privateKeys(
	users: readonly BootUser[],
): { path: (string | number)[]; message: string; suggestion: string }[] {
	return users.flatMap(({ sshKeys }, user) =>
		sshKeys.flatMap((key, index) =>
			PRIVATE.test(key)
				? [
						{
							path: ["users", user, "sshKeys", index],
							message: "this is a private key",
							suggestion:
								"put the one line of its .pub file here, and make another key where others could read this one",
						},
					]
				: [],
		),
	);
}
