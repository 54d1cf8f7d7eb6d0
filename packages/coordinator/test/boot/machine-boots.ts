import fc, { codePoint } from "@rollcall/test-support/properties";
import type { MachineBoot } from "../../src/boot/ignition/own-part.ts";

/** A machine that brings everything that rollcall can put on one. */
export const FULL_MACHINE: MachineBoot = {
	hostname: "node-1",
	users: [{ name: "core", sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA ann@example"], groups: ["sudo"] }],
	network: [{ name: "10-lan.network", contents: "[Match]\nName=en*\n\n[Network]\nDHCP=yes\n" }],
	agent: {
		download: { url: "http://192.0.2.1:8080/assets/rollcall/agent-x64.gz", sha512: "ab".repeat(64) },
		coordinators: ["http://192.0.2.1:7080"],
		signers: [`U${"A".repeat(55)}`],
		enrollToken: "rct_0123456789abcdef",
	},
};

/** Machines with all kinds of names, users and contents. */
export const machineBoots: fc.Arbitrary<MachineBoot> = fc.record({
	hostname: fc.option(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/), { nil: undefined }),
	users: fc.uniqueArray(
		fc.record({
			name: fc.stringMatching(/^[a-z_][a-z0-9_-]{0,8}$/),
			sshKeys: fc.uniqueArray(fc.stringMatching(/^ssh-ed25519 [A-Za-z0-9+/=]{8} [ -~]{0,16}$/), { maxLength: 2 }),
			groups: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 2 }),
		}),
		{ maxLength: 3, selector: (user) => user.name },
	),
	network: fc.uniqueArray(
		fc.record({
			name: fc.stringMatching(/^[a-z0-9]{1,8}\.network$/),
			contents: fc.oneof(
				fc.string({ unit: codePoint, maxLength: 200 }),
				fc.string({ unit: "grapheme", maxLength: 100 }),
			),
		}),
		{ maxLength: 3, selector: (unit) => unit.name },
	),
	agent: fc.option(fc.constant(FULL_MACHINE.agent as NonNullable<MachineBoot["agent"]>), { nil: undefined }),
});
