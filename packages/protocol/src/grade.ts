import { z } from "zod";

/**
 * How sure the coordinator is of who a machine is. It decides the grade itself, for each boot. `claimed`: nothing but what the machine says.
 * `observed`: the address that enrolled belongs, in the neighbour table of the link, to the MAC that was claimed. `attested`: a TPM proved it.
 */
export const Grade = z.enum(["claimed", "observed", "attested"]);
export type Grade = z.infer<typeof Grade>;

/** True when a grade is at least the one that is demanded. */
export function reachesGrade(grade: Grade, demanded: Grade): boolean {
	return Grade.options.indexOf(grade) >= Grade.options.indexOf(demanded);
}
