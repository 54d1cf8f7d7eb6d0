import { z } from "zod";

/** A person or a program that may log in: an account with SSH keys. No passwords. */
export const BootUser = z.strictObject({
	name: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, "a user name is like those of useradd(8)"),
	sshKeys: z
		.array(
			z
				.string()
				.max(4096)
				.regex(/^[!-~]+ [A-Za-z0-9+/=]+(?: [ -~]*)?$/, "an SSH key is its type, its base64 text and a comment"),
		)
		.max(32)
		.default([]),
	groups: z
		.array(z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/))
		.max(16)
		.default([]),
});
export type BootUser = z.infer<typeof BootUser>;
