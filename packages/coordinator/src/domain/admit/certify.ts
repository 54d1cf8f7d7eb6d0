import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, fenced, notEnrolled, refuse, rejected } from "./verdict.ts";

/**
 * A boot of a machine is to get certificates for the target that it was given. Whoever is not the live boot, or asks for
 * another target, gets none. Asked twice: when the order comes, and when what was signed for it is recorded.
 */
export function certify(
	fleet: Fleet,
	input: Pick<InputOf<"certify">, "machineId" | "bootId" | "generation" | "digest" | "certificates">,
): Verdict {
	const { machineId, bootId, generation, digest } = input;
	const machine = fleet.machines.get(machineId);
	if (!machine) return notEnrolled(machineId, bootId);
	if (machine.approval === "rejected") return refuse(rejected(machine));
	if (machine.fenced.includes(bootId)) return fenced(machine, bootId);
	if (machine.bootId !== bootId) return notEnrolled(machineId, bootId);
	const { seat, target } = machine;
	const holds = seat && target?.bootId === bootId && target.generation === generation && target.digest === digest;
	if (!holds) {
		return refuse({
			code: "conflict",
			message: `machine ${machineId} asks for certificates of generation ${generation}, which is not its target`,
			next: "say hello, and ask for those of the newest target",
			machineId,
			path: "generation",
		});
	}
	if (input.certificates.length === 0) return accept([]);
	return accept([
		{
			type: "certificates-issued",
			machineId,
			bootId,
			generation,
			certificates: [...input.certificates],
			cause: target.seq,
		},
	]);
}
