import type { Machine } from "../../../domain/fleet.ts";
import { refuse } from "../problem.ts";

/** How many machines a refusal names at most. */
const MAX_NAMED = 10;

/** Refuses a step while there are machines that it waits for. `loss`: what becomes of them where somebody forces it. */
export function refuseWhile(
	machines: readonly Pick<Machine, "machineId">[],
	{ text, loss }: { readonly text: string; readonly loss: string },
): void {
	const ids = machines.map(({ machineId }) => machineId);
	const [first] = ids;
	if (first === undefined) return;
	const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : "";
	throw refuse("conflict", `${text}: ${ids.slice(0, MAX_NAMED).join(", ")}${more}`, {
		machineId: first,
		next: `ask again in a few seconds; then rollcall why ${first}, and rollcall remove for what is gone for good; or ask with force, and ${loss}`,
	});
}
