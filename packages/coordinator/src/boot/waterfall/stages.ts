import { BOOT_STAGES, type BootStage, type Profile } from "@rollcall/protocol";

/** How long a stage may take from the one before, in seconds, and what usually keeps a boot from it. */
interface StageRule {
	readonly deadlineSeconds: number;
	readonly cause: string;
	readonly next: string;
}

const CONFIGURATION: StageRule = {
	deadlineSeconds: 300,
	cause:
		"its kernel runs and did not ask for its configuration: a driver for the NIC that the initrd lacks, no DHCP answer there, or boot.url that is not reached from there",
	next: "look at its screen; try another initrd, or look whether DHCP answers twice",
};

/** Generous for a slow link and old machines: a boot above a deadline is named, and goes on. */
const RULES: Readonly<Record<BootStage, StageRule>> = {
	dhcp: { deadlineSeconds: 60, cause: "it got no address", next: "look at the DHCP server's log" },
	ipxe: {
		deadlineSeconds: 60,
		cause: "iPXE runs and did not come for its script",
		next: "look at its screen, and whether boot.url is reached from its network",
	},
	kernel: {
		deadlineSeconds: 120,
		cause:
			"iPXE has its script and did not get the kernel: an asset that is missing or damaged, or a link that is down",
		next: "rollcall assets verify; look at its screen",
	},
	initrd: {
		deadlineSeconds: 600,
		cause: "the initrd did not arrive as a whole: an asset that is missing, a slow link, or too little RAM for it",
		next: "rollcall assets verify; compare its RAM with the size of the initrd",
	},
	ignition: CONFIGURATION,
	"cloud-init": CONFIGURATION,
	overlay: CONFIGURATION,
	agent: {
		deadlineSeconds: 180,
		cause:
			"it has its configuration and did not fetch the agent: the configuration failed before, or boot.url is not reached",
		next: "look at its screen: Ignition says there what failed",
	},
	enrolled: {
		deadlineSeconds: 180,
		cause: "the agent did not enroll: its unit did not start, or advertise.http is not reached from its network",
		next: "look at its screen, and for enrollment-refused events",
	},
	assigned: {
		deadlineSeconds: 60,
		cause: "it enrolled and was given nothing to run",
		next: "rollcall why tells the reason",
	},
	applied: {
		deadlineSeconds: 600,
		cause: "the agent did not finish applying its target",
		next: "rollcall logs shows what it does",
	},
	ready: {
		deadlineSeconds: 600,
		cause: "the target is applied and a component is not healthy yet",
		next: "rollcall show names the component",
	},
};

/** What is known of a stage that a boot waits for. */
export function ruleOf(stage: BootStage): StageRule {
	return RULES[stage];
}

/** The stages that a boot with this profile goes through. Kernels and initrds that others serve are not seen. */
export function expectedStages(profile: Profile): BootStage[] {
	const ours = (url: string): boolean => url.startsWith("/assets/");
	const names = (word: string): boolean => profile.args.some((arg) => arg.includes(word));
	const expected: Partial<Record<BootStage, boolean>> = {
		ipxe: true,
		kernel: profile.kernel !== undefined && ours(profile.kernel),
		initrd: profile.initrd.some(({ url }) => ours(url)),
		ignition: profile.ignition !== undefined && names("{{ignition}}"),
		"cloud-init": profile.cloudInit !== undefined && names("{{cloudInit}}"),
		overlay: names("{{overlay}}"),
		agent: profile.agent,
		...(profile.agent ? FLEET_EXPECTED : {}),
	};
	return BOOT_STAGES.filter((stage) => expected[stage]);
}

const FLEET_EXPECTED = { enrolled: true, assigned: true, applied: true, ready: true } as const;
/** The stages that the fleet sees, also of machines that did not boot from here. */
export const FLEET_STAGES = ["enrolled", "assigned", "applied", "ready"] as const satisfies readonly BootStage[];

/** Where a stage stands in the order of all. */
export function orderOf(stage: BootStage): number {
	return BOOT_STAGES.indexOf(stage);
}
