import type { About } from "../about.ts";
import { AGENT } from "./agent.ts";
import { COPIES } from "./copies.ts";
import { CORE } from "./core.ts";
import { ETCD } from "./etcd.ts";
import { KEYS } from "./keys.ts";
import { LOOP } from "./loop.ts";
import type { Plant } from "./plant.ts";
import { ROLES } from "./roles.ts";
import { ROOM } from "./room.ts";
import { SNAPSHOTS } from "./snapshots.ts";
import { TAKEOVER } from "./takeover.ts";
import { VERSIONS } from "./versions.ts";

/** All faults, by what is true where they are planted. The simulator has to find every one of them. */
export const PLANTS: Readonly<Record<string, Plant>> = {
	...CORE,
	...LOOP,
	...AGENT,
	...ETCD,
	...KEYS,
	...TAKEOVER,
	...VERSIONS,
	...COPIES,
	...SNAPSHOTS,
	...ROOM,
	...ROLES,
};

/** Faults that other stories find than those in which they would be looked for. */
const FOUND_ABOUT: Readonly<Record<string, About>> = {
	"a fleet without a control plane is all well": "anything",
	"snapshots of etcd reach back an hour only": "hours",
	"a removed machine keeps its claims": "etcd",
	"a snapshot hides what is wrong with older entries": "etcd",
	"who began with a snapshot in vain is never emptied": "anything",
	"who just begins with a snapshot may lose its seat": "anything",
	"who was told to begin with a snapshot begins with nothing while the log is in doubt": "anything",
	"who joined etcd in place of a boot that was to go is forgotten with the entry that says so": "anything",
};

/** Those that need a certain moment, which some stories bring about: words that come late, leaders that stand still, and what is lost of the log. */
const AT_A_MOMENT: Readonly<Partial<Record<About, readonly string[]>>> = {
	late: [
		"a fenced boot's reports are taken for the live one's",
		"a fenced boot may enroll again",
		"a machine that was suspended renews late",
		"who ends between the swap of files and the restarts of units forgets to restart them",
		"who ends in the midst of a renewal leaves units on old files",
		"units are ended in the order in which they were started",
		"etcd's members are listed by one that is behind",
	],
	leads: [
		"silence counts in which the coordinator stood still while it asked the log",
		"a lead counts from when the answer to the election was read",
		"a lead goes on in another log that is as long",
		"a leader does not look whether the entry at the log's end is the one that it knows",
		"a turn that waits for the log is taken for a stall",
	],
	log: [
		"snapshots of etcd are swept while the log is in doubt",
		"agents are never asked to say hello again",
		"a report that the log lost is never asked for",
		"what was kept as state is not asked for after older entries were taken out",
		"an older target takes the place of a newer one",
		"a log that went back is read without the state that fits",
		"who stood still takes what was taken out of the log meanwhile for missing",
		"a snapshot is restored beside memory that may live",
		"whoever proves late that it runs etcd finds its seat taken",
	],
};

/** Those that only stories about what agents keep find, or find soon. */
const ABOUT_MEMORY: ReadonlySet<string> = new Set([
	"a target that fails takes etcd's memory with it",
	"etcd begins again in a boot that lost its memory",
	"etcd begins again where nothing was noted of its memory",
	"nothing is in the way of etcd where its memory was",
	"a target counts as applied before its probes",
	"an apply that fails leaves its files",
	"a good target that cannot be read takes down what runs",
	"no room behind a target that is the good one takes its files away",
	"a rejected target is not tried again",
	"who does not lead any more changes etcd's members",
	"a document may take etcd elsewhere",
	"etcd begins empty beside memory that may live",
	"a slot that is renamed moves everybody",
	"whoever gets a seat begins etcd, also while others do",
	"what an entry says of the one before it is not compared",
	"a member leaves etcd although too few others are healthy",
	"a lost holder goes for a spare that another slot keeps back",
]);

/** What stories a fault is looked for in: those about takeovers for the operator's manifests, those about etcd for what is decided about it, and what an agent does with its memory. */
export function aboutOf(fault: string): About {
	if (FOUND_ABOUT[fault]) return FOUND_ABOUT[fault];
	for (const about of ["late", "leads", "log"] as const) if (AT_A_MOMENT[about]?.includes(fault)) return about;
	if (ABOUT_MEMORY.has(fault)) return "memory";
	if (fault.startsWith("an address")) return "addresses";
	if (fault in COPIES) return "copies";
	if (fault in ROLES) return "roles";
	if (fault in ROOM) return "room";
	if (fault in KEYS) return "keys";
	if (fault in TAKEOVER) return "takeover";
	if (fault in VERSIONS) return "versions";
	return fault in ETCD || fault.includes("etcd") ? "etcd" : "anything";
}

/** Those that so many seeds as a test has time for do not find: each with the reason. */
export const SELDOM_FOUND: ReadonlySet<string> = new Set([
	// A beat tells what a report told a moment later, but for a target that fails, which is reported again by its next try for another reason.
	"a report counts as sent that nobody answered",
	// One seed of some thousands found it, whose story is another one since. A test of a log that went back finds it.
	"who joined etcd in place of a boot that was to go is forgotten with the entry that says so",
	// Found by one seed of some thousands each, whose stories are others since; tests of what was mended find them.
	"a learner begins with members that etcd does not list",
	"after a lost log one that etcd had taken out keeps it from being founded",
	"who was told to begin with a snapshot begins with nothing while the log is in doubt",
	// Its seat or its agent's word is asked about beside it, and both came a moment later. Tests of the quorum guard find it.
	"what may be all that is left of etcd goes without a question",
]);

/** Faults that are looked for in stories of any size, as in a run of many seeds. */
export const OF_ANY_SIZE: ReadonlySet<string> = new Set([
	"who began with a snapshot in vain is never emptied",
	"who just begins with a snapshot may lose its seat",
	"a member whose slot is gone keeps a target that never came to it",
	"control planes wait for a member whose slot is gone",
]);

/** A seed that found a fault which others hide from: it is tried first, since each that finds nothing costs half a second. A change of the simulator may well make another one find it. */
export const TRIED_FIRST: Readonly<Record<string, number>> = {
	"a seat is taken from a member before etcd took it out": 5,
	"certificates are not renewed": 23,
	"whoever proves late that it runs etcd finds its seat taken": 7,
	"a snapshot is restored beside memory that may live": 4,
	"a log that went back is read without the state that fits": 10,
	"a report that the log lost is never asked for": 5,
	"agents are never asked to say hello again": 2,
	"snapshots of etcd reach back an hour only": 6,
	"a fleet without a control plane is all well": 12,
	"who ends between the swap of files and the restarts of units forgets to restart them": 4,
	"who ends in the midst of a renewal leaves units on old files": 36,
	"snapshots of etcd are swept while the log is in doubt": 6,
	"who stood still takes what was taken out of the log meanwhile for missing": 21,
	"units are ended in the order in which they were started": 1,
	"an address that changed within a boot goes into the target of a member": 3,
	"etcd's members are changed while a lost log is rebuilt": 5,
	"a lead counts from when the answer to the election was read": 2,
	"who was elected acts outside at once": 4,
	"silence counts in which the coordinator stood still while it asked the log": 24,
	"a turn that waits for the log is taken for a stall": 2,
	"a fenced boot may enroll again": 6,
	"a fenced boot's reports are taken for the live one's": 2,
	"a lead goes on in another log that is as long": 30,
	"a leader does not look whether the entry at the log's end is the one that it knows": 30,
	"an older target takes the place of a newer one": 2,
	"etcd's members are listed by one that is behind": 4,
	"a machine that was suspended renews late": 1,
	"a state of another form is read as if it were of this one": 14,
	"keys in other hands are not changed": 2,
	"the memory of a boot counts after the next boot": 2,
	"a member that lives leaves etcd before one that is lost": 135,
	"the quorum guard lets everything through": 7,
	"a member counts as taken out that etcd still has": 17,
	"members are taken out of etcd before that is recorded": 2,
	"a boot without memory begins with etcd as the first ones did": 2,
	"a bound token lets in any machine": 22,
	"a clock that is set back stops the log's time": 2,
	"a command never ends": 4,
	"a seat is given twice": 11,
	"a field of the fleet is not kept in its snapshot": 3,
	"a generation is used twice": 14,
	"a leader does not notice that the log went back before it appends": 3,
	"a lease is never lost": 2,
	"a log that went back a second time is not in doubt": 3,
	"a lost log is not waited for": 7,
	"a lost machine is assigned": 33,
	"a new boot does not fence the one before": 2,
	"a proof is not checked": 7,
	"a proof's seat is not adopted": 7,
	"a rejected machine keeps its seat": 4,
	"a released seat stays in the index": 4,
	"a removed machine keeps its claims": 12,
	"a snapshot hides what is wrong with older entries": 10,
	"a target never expires": 29,
	"an agent's higher generation is not respected": 40,
	"certificates that were renewed do not reach the files": 2,
	"changed files restart no unit": 2,
	"etcd's memory goes without the coordinator's word": 2,
	"etcd begins with nothing after a lost log, although nobody said that no memory lives": 59,
	"nobody takes over": 19,
	"older entries are taken out before a state is kept": 13,
	"silence in which the coordinator did not run counts": 2,
	"silence is measured on the log's time": 2,
	"spares are given away": 3,
	"the log's time jumps with the clock": 2,
	"two boxes with one UUID are one machine": 4,
	"an entry of another version that is understood is not followed": 3,
	"what another version wrote is followed without being understood": 4,
	"who cannot follow the log does not say which version can": 4,
	"who begins does not look whether the log went back": 3,
	"the folder of any coordinator counts": 19,
	"a folder counts by itself that lacks objects": 5,
	"manifests are applied that the log does not name": 3,
	"etcd begins again in a boot that lost its memory": 3,
	"etcd begins again where nothing was noted of its memory": 3,
	"an apply that fails leaves its files": 7,
	"no room behind a target that is the good one takes its files away": 36,
	"a rejected target is not tried again": 6,
	"who does not lead any more changes etcd's members": 39,
	"a document may take etcd elsewhere": 120,
	"etcd begins empty beside memory that may live": 61,
	"a slot that is renamed moves everybody": 29,
	"whoever gets a seat begins etcd, also while others do": 31,
	"what an entry says of the one before it is not compared": 6,
	"a member leaves etcd although too few others are healthy": 32,
	"who just begins with a snapshot may lose its seat": 10_307_358,
	"a member whose slot is gone keeps a target that never came to it": 10_401_374,
	"control planes wait for a member whose slot is gone": 519,
	"an address of just now is where a learner looks for a member": 40,
	"a lost holder goes for a spare that another slot keeps back": 21,
	"who began with a snapshot in vain is never emptied": 10_800_002,
};
