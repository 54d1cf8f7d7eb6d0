import { Failure, usageFailure } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { DoctorFinding } from "../offline/doctor.ts";
import { PROGRAM_ROOT } from "../program-root.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { findingLine } from "../views/finding-line.ts";

const AFTER = `
Runs on the coordinator's own computer, before machines are switched on, whether the coordinator runs already or not; it asks no
coordinator for anything and changes nothing. Looks at: the addresses that machines are told; what listens where; ports, and who holds
them; every file that the boot document and the cluster document name, read again; the agent for each architecture; nats-server; the
clock; the disk; and, as root, what a machine would be told by DHCP: it asks by broadcast as firmware and iPXE do, for six seconds,
with a MAC that is no machine's, and takes no address.
A line for each finding: ok; warn, which may be meant so; fail, with which machines will not boot. Ends with 1 when something fails.

Examples:
  sudo rollcall doctor --config /etc/rollcall/coordinator.yaml
  rollcall doctor -c coordinator.yaml --no-dhcp
  rollcall doctor -c coordinator.yaml --interface eth1 -o json`;

interface Options {
	readonly config: string;
	readonly dhcp: boolean;
	readonly interface?: string;
}

/** `rollcall doctor --config FILE`. */
export const addDoctor: AddCommand = (program, run) => {
	program
		.command("doctor")
		.description("look at the coordinator's computer before machines are switched on")
		.requiredOption("-c, --config <file>", "the coordinator's configuration, YAML")
		.option("--interface <name>", "the machines' interface, where it does not follow from the configuration")
		.option("--no-dhcp", "look for no DHCP server")
		.addHelpText("after", AFTER)
		.action((options: Options, command) => run(command, (session) => doctor(session, options)));
};

async function doctor(session: Session, options: Options): Promise<ExitCode> {
	const { ConfigError, examine, readConfig } = await import("../offline/doctor.ts");
	const findings: DoctorFinding[] = [];
	try {
		const config = readConfig(options.config);
		const wish = { config, programRoot: PROGRAM_ROOT, dhcp: options.dhcp, networkInterface: options.interface };
		for await (const finding of examine(wish)) {
			findings.push(finding);
			if (!session.json) tell(session.out, findingLine(finding, session.out.paint));
		}
	} catch (error) {
		if (error instanceof ConfigError)
			throw usageFailure(error.message, "correct it; `rollcall validate FILE` checks it");
		throw error;
	}
	const failed = findings.filter(({ state }) => state === "fail").length;
	if (session.json) {
		printJson(session, { ok: failed === 0, findings });
		return failed === 0 ? EXIT.ok : EXIT.failed;
	}
	if (failed === 0) return EXIT.ok;
	throw new Failure(`${failed} of ${findings.length} findings would keep machines from booting or joining`, {
		next: "do what these lines say, and look again",
	});
}
