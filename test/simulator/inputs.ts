import type { Input } from "@rollcall/coordinator";
import { type Digest, sha256Of } from "@rollcall/protocol";
import type { Said } from "./messages.ts";
import type { World } from "./world.ts";

/** What the edges of a coordinator make of a message: random parts and the verdict on signatures are made here. */
export function inputOf(world: World, said: Said): Input {
	switch (said.kind) {
		case "token": {
			const { labels, mac } = said;
			const hash: Digest = sha256Of(world.random.hex(32));
			const expiresAt = world.wallClock() + 600_000;
			const bound = mac !== undefined && world.random.chance(0.3) ? { mac } : {};
			return {
				kind: "create-token",
				tokenId: `t-${hash.slice(7, 19)}`,
				hash,
				scope: "enroll",
				expiresAt,
				labels,
				by: "boot",
				...bound,
			};
		}
		case "enroll": {
			const { facts, publicKey, token, proof } = said;
			return {
				kind: "enroll",
				request: { publicKey, facts, ...(proof ? { proof } : {}) },
				...(token === undefined ? {} : { tokenHash: token }),
				proofValid: proof !== undefined && world.isSigned(proof),
				remote: "127.0.0.1",
			};
		}
		case "hello": {
			const { machineId, bootId, publicKey, facts, generation, proof } = said;
			return {
				kind: "hello",
				machineId,
				hello: { bootId, publicKey, facts, generation, renew: false, ...(proof ? { proof } : {}) },
				proofValid: proof !== undefined && world.isSigned(proof),
			};
		}
		case "report": {
			const { machineId, bootId, sequence, generation, health, state } = said;
			const progress =
				state === "rejected" ? { state, reason: "exit code 1", step: "units" as const } : state && { state };
			return {
				kind: "report",
				machineId,
				report: { bootId, sequence, generation, health, ...(progress ? { progress } : {}) },
			};
		}
	}
}
