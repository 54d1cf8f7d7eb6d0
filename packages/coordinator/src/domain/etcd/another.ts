import type { Fleet, Machine } from "../fleet.ts";
import { etcdHolders, holdsMemory, holdsSameAs, livingMembers } from "./members.ts";
import { isIll } from "./quorum.ts";

/** Why a machine gets no target that has the memory of another etcd. */
export const ANOTHER_ETCD =
	"the memory of a member of another etcd lies here than of the one that runs; boot it anew, and it joins with empty memory";

/**
 * The machines with a seat for etcd that have, by the word of their agents, the memory of another etcd than that of voters that are not ill: as a learner such a boot
 * never begins, since its data names another cluster. A member counts where it is ill: it was listed by those who began anew beside it.
 */
export function holdersOfAnother(fleet: Fleet): readonly Machine[] {
	const living = livingMembers(fleet);
	const well = living.flatMap(({ machineId, votes }) => {
		const machine = votes ? fleet.machines.get(machineId) : undefined;
		return machine && holdsMemory(machine) && !isIll(machine) ? [machine] : [];
	});
	if (well.length === 0) return [];
	const isOfTheSame = holdsSameAs(well);
	const members = new Set(living.map(({ machineId }) => machineId));
	return etcdHolders(fleet).filter(
		(one) => (!members.has(one.machineId) || isIll(one)) && holdsMemory(one) && !isOfTheSame(one),
	);
}
