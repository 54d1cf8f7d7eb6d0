import { type Plant, swapped } from "./plant.ts";

const BEGINNING = "coordinator/src/domain/etcd/beginning.ts";
const LEAVING = "coordinator/src/domain/etcd/leaving.ts";
const NEXT = "coordinator/src/domain/etcd/next-to-leave.ts";
const KEEPER = "coordinator/src/keepers/etcd-keeper.ts";
const CHANGES = "coordinator/src/keepers/etcd-changes.ts";

/** Faults in what is decided about etcd's members, and in what keeps them. */
export const ETCD: Readonly<Record<string, Plant>> = {
	"etcd begins empty beside memory that may live": {
		...swapped(BEGINNING, "if (memoryBeside(fleet, founding).length > 0) return undefined;", ""),
		// Else a snapshot is asked for, or a person, before anything begins.
		also: [
			swapped(
				"coordinator/src/domain/etcd/snapshots.ts",
				'own.length > 0 || isMemoryUnknown(fleet) ? "ask" : "nothing"',
				'own.length > 0 ? "ask" : "nothing"',
			),
		],
	},
	"who was told to begin with a snapshot begins with nothing while the log is in doubt": swapped(
		BEGINNING,
		"(now?.isWhole && restoredBeginning(fleet)) || AS_IT_IS",
		"AS_IT_IS",
	),
	"who joined etcd in place of a boot that was to go is forgotten with the entry that says so": swapped(
		"coordinator/src/domain/apply/seats.ts",
		"if (!etcd.members.some(isIts)) return withProven(next, event);",
		"",
	),
	"a boot without memory begins with etcd as the first ones did": swapped(
		BEGINNING,
		"if (!own) return togetherOn(boot, beginnings);",
		'if (!own) return beginnings.others ?? { state: "new" };',
	),
	"whoever gets a seat begins etcd, also while others do": swapped(
		BEGINNING,
		"if (!isFounder(founding, boot)) return undefined;",
		"",
	),
	"etcd's members are changed while a lost log is rebuilt": swapped(
		KEEPER,
		"const isKnown = parts.now() >= fleet.recoverUntil;",
		"const isKnown = true;",
	),
	"members are taken out of etcd before that is recorded": swapped(
		CHANGES,
		"if (!recorded || !ids.every((id) => recorded.includes(id))) {",
		"if (false) {",
	),
	"etcd's members are listed by one that is behind": swapped(
		"coordinator/src/adapters/etcd/members.ts",
		'await ask("/v3/cluster/member/list", {}, { current: true })',
		'await ask("/v3/cluster/member/list", {})',
	),
	"a member counts as taken out that etcd still has": swapped(CHANGES, "await etcd.remove(id);", "void id;"),
	"a learner begins with members that etcd does not list": swapped(
		CHANGES,
		"return listed.has(peerUrlAt(one.address)) ? [one] : [];",
		"return [one];",
	),
	"after a lost log one that etcd had taken out keeps it from being founded": swapped(
		KEEPER,
		"return !isLearner && all.some(({ id }) => proved.has(id));",
		"return !isLearner && all.length === proved.size;",
	),
	"the quorum guard lets everything through": swapped(
		"coordinator/src/domain/etcd/guard.ts",
		"if ((loss.taken.length === 0 && !joins) || left.length >= needs) return undefined;",
		"return undefined;",
	),
	"a member that lives leaves etcd before one that is lost": swapped(
		NEXT,
		"if (waits && healthy.includes(one)) return false;",
		"",
	),
	"a member leaves etcd although too few others are healthy": swapped(
		NEXT,
		"return count > 1 && others >= majorityOf(count - 1);",
		"return true;",
	),
	"a seat is taken from a member before etcd took it out": swapped(LEAVING, '? member.removed !== "done"', "? false"),
	"a snapshot is restored beside memory that may live": {
		...swapped(
			"coordinator/src/domain/etcd/steps.ts",
			"|| memoryHolders(fleet).length > 0) return undefined;",
			") return undefined;",
		),
		also: [
			// Nobody begins with it beside memory either.
			swapped(BEGINNING, "if (memoryBeside(fleet, founding).length > 0) return undefined;", ""),
			// And where the log was lost nobody may choose one beside memory.
			swapped(
				"coordinator/src/domain/admit/etcd.ts",
				'if (!fleet.etcd && !restoring && choice.kind === "snapshot") {',
				'if (fleet.etcd && !restoring && choice.kind === "ask") {',
			),
		],
	},
	"who does not lead any more changes etcd's members": swapped(
		"coordinator/src/keepers/while-leading.ts",
		"if (now === undefined || now !== term)",
		"if (term === undefined)",
	),
	"whoever proves late that it runs etcd finds its seat taken": swapped(
		"coordinator/src/domain/admit/proof.ts",
		"if (!isLater && !keepsMemory(fleet, assignment, holder)) return raised;",
		"if (!isLater) return raised;",
	),
	"etcd begins with nothing after a lost log, although nobody said that no memory lives": swapped(
		"coordinator/src/domain/etcd/snapshots.ts",
		"own.length > 0 || isMemoryUnknown(fleet)",
		"own.length > 0",
	),
	"the only memory that is known is not kept": swapped(
		"coordinator/src/domain/etcd/snapshots.ts",
		"if (strandedMachines(fleet).length > 0) return strandedDueIn(fleet, now);",
		"",
	),
	"a slot that is renamed moves everybody": swapped(
		"coordinator/src/domain/seats/seat-fault.ts",
		"if (!faultOf(machine)?.movable) continue;",
		"if (faultOf(machine) || !freed) continue;",
	),
	"a lost holder goes for a spare that another slot keeps back": swapped(
		"coordinator/src/domain/targets/releases.ts",
		"const heir = heirs.get(seatKey(machine.seat.slot, machine.seat.seat));",
		"const heir = heirs.get(seatKey(machine.seat.slot, machine.seat.seat)) ?? spares[0].machineId;",
	),
	"a document may take etcd elsewhere": swapped(
		"coordinator/src/domain/etcd/guard.ts",
		"if (!before || !movesEtcd(before, document)) return undefined;",
		"return undefined;",
	),
	"the memory of a boot counts after the next boot": swapped(
		"coordinator/src/domain/etcd/members.ts",
		"			machine?.bootId === bootId &&\n			!hasLostMemory",
		"			machine !== undefined &&\n			!hasLostMemory",
	),
	"what may be all that is left of etcd goes without a question": swapped(
		"coordinator/src/domain/etcd/guard.ts",
		'if (machine.lease === "lost" || livingMembers(fleet).length > 0) return undefined;',
		"if (machine) return undefined;",
	),
	"who just begins with a snapshot may lose its seat": swapped(
		"coordinator/src/domain/etcd/founding.ts",
		"(isRestored && isAtIt)",
		"false",
	),
	"who began with a snapshot in vain is never emptied": swapped(
		"coordinator/src/domain/etcd/founding.ts",
		'lease !== "lost" && target !== undefined && !["applied", "rejected"].includes(target.progress)',
		'lease !== "lost" && target?.progress !== "applied" && target?.progress !== "rejected"',
	),
	"control planes wait for a member whose slot is gone": swapped(
		"coordinator/src/domain/targets/rollout.ts",
		"!keepsWhatItHas(fleet, one) &&",
		"",
	),
	"an address of just now is where a learner looks for a member": swapped(
		CHANGES,
		"if (its) return [peerAt(one.nodeName, its)];",
		"",
	),
	"an address that changed within a boot goes into the target of a member": swapped(
		"coordinator/src/render/etcd-place.ts",
		"if (before !== undefined && before !== address)",
		'if (before === "")',
	),
	"a member whose slot is gone keeps a target that never came to it": swapped(
		"coordinator/src/domain/targets/rollout.ts",
		"return !(target && isInVain(target));",
		"return true;",
	),
};
