import { isoDateOf } from "../clocks/log-clock.ts";
import { foundingOf } from "../etcd/founding.ts";
import { leavingMembers } from "../etcd/leaving.ts";
import { etcdHolders, hasLostMemory, livingMembers } from "../etcd/members.ts";
import { names } from "../etcd/names.ts";
import { lostFirst, nextToLeave } from "../etcd/next-to-leave.ts";
import { quorumOf } from "../etcd/quorum.ts";
import { etcdTrouble, lostMajority } from "../etcd/risk.ts";
import { isBoot } from "../etcd/taken-out.ts";
import type { Fleet, Machine } from "../fleet.ts";

/** What a person should know about a member of etcd, beside how its machine is. */
export interface EtcdNote {
	readonly text: string;
	readonly next?: string;
}

/** That etcd has no majority, or cannot begin, or that this member is to leave it; undefined where there is nothing to say. */
export function etcdNote(fleet: Fleet, machine: Machine): EtcdNote | undefined {
	if (!fleet.etcd) {
		const runs = machine.etcdMemory?.is !== undefined && foundingOf(fleet)?.begun.includes(machine);
		return runs ? etcdTrouble(fleet) : undefined;
	}
	const member = livingMembers(fleet).find(isBoot(machine));
	if (!member) return etcdHolders(fleet).includes(machine) && hasLostMemory(machine) ? lossNote(machine) : undefined;
	const still = member.votes ? lostMajority(fleet) : undefined;
	if (still) return machine.lease === "lost" ? { text: still.text } : still;
	const first = lostFirst(fleet);
	const own = first.find((one) => one.machine === machine);
	if (own) {
		const until = isoDateOf(fleet, own.until);
		return { text: `it is to leave etcd so that ${own.heir} can stay, unless it is back by ${until}` };
	}
	return leavingMembers(fleet).includes(member) ? leavingNote(fleet, machine) : undefined;
}

/** That a member runs no more, while its machine, and perhaps all else on it, does. */
function lossNote({ machineId }: Machine): EtcdNote {
	return {
		text: "its memory of etcd was lost although this boot goes on, so that its member does not count",
		next: `rollcall reboot ${machineId}: it joins etcd again with empty memory`,
	};
}

/** How a member stands whose seat the document takes away. */
function leavingNote(fleet: Fleet, { machineId }: Machine): EtcdNote {
	const to = "the document takes its seat away, and it goes when etcd has taken it out";
	const first = lostFirst(fleet);
	const instead = first.find(({ heir }) => heir === machineId);
	if (instead) {
		const { machine, until } = instead;
		const stays = `it stays in place of ${machine.machineId}, which is lost`;
		return { text: `the document takes its seat away; ${stays}, unless that is back by ${isoDateOf(fleet, until)}` };
	}
	if (first.length > 0) return { text: `${to}; ${names(first.map((one) => one.machine.machineId))} goes first` };
	if (nextToLeave(fleet)) return { text: to };
	const quorum = quorumOf(fleet);
	const away = (quorum?.voters ?? []).filter((one) => !quorum?.healthy.includes(one)).map((one) => one.nodeName);
	if (away.length === 0) return { text: `${to}; no other machine can take its place yet` };
	return {
		text: `${to}; etcd would have no majority without it, since of the others ${names(away)} ${away.length === 1 ? "does" : "do"} not vote`,
		next: `bring ${names(away)} back, or rollcall remove what is gone for good`,
	};
}
