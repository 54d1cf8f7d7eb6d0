import type { Credentials } from "@rollcall/coordinator/simulator";
import type { World } from "./world.ts";

/** What a coordinator hands out: signatures are known to the world, and a refused key closes its connection. */
export function simulatedCredentials(world: World): Credentials {
	return {
		signers: [],
		servers: ["nats://simulated"],
		issue: async (_machineId, _bootId, publicKey) => {
			world.revoked.delete(publicKey);
			return { jwt: "simulated", expiresInSeconds: 86_400 };
		},
		revoke: async (publicKeys) => world.revoke(publicKeys),
		sign: (assignment) => world.sign(assignment),
		signText: () => "simulated",
		verify: (signed) => world.isSigned(signed),
		isBy: () => true,
	};
}
