import type { BootDocument, Profile } from "@rollcall/protocol";
import type { FastifyInstance } from "fastify";
import { profileScript, refusalScript, stubScript } from "../../boot/boot-script.ts";
import type { BootUrls } from "../../boot/machine-urls.ts";
import { menuScript } from "../../boot/menu.ts";
import { Unencodable } from "../../errors.ts";
import {
	type Asked,
	askedBy,
	type Chosen,
	chooseByRequest,
	describe,
	Refusal,
	recorder,
	sendText,
	sighting,
} from "./answers.ts";
import type { BootOptions } from "./boot-options.ts";
import { makeBootToken } from "./boot-token.ts";
import { agentFor } from "./machine-boot.ts";

/** How long a boot token is good: from the script to Ignition's fetch, on a slow link with a large initrd. */
const BOOT_TOKEN_SECONDS = 600;

/** `/boot.ipxe` and `/ipxe`. */
export function scriptRoutes(app: FastifyInstance, options: BootOptions): void {
	const stub = stubScript();
	// dnsmasq's proxy mode adds the ".0".
	for (const path of ["/boot.ipxe", "/boot.ipxe.0"]) {
		app.get(path, (request, reply) => {
			// A machine that asks for the script got its address by DHCP.
			recorder(options.core, request)({ stage: "dhcp", outcome: "served", remote: request.ip });
			return sendText(reply, stub);
		});
	}
	app.get("/ipxe", (request, reply) => {
		let asked: Asked | undefined;
		try {
			asked = askedBy(options.core, request);
			return sendText(reply, ipxeAnswer(options, asked));
		} catch (error) {
			if (asked && error instanceof Error)
				asked.record({ ...sighting(asked, "ipxe"), outcome: "refused", reason: error.message });
			const refusal = error instanceof Unencodable ? new Refusal(500, error.message) : error;
			// A person in front of the machine should read why; iPXE shows nothing of an answer that is not a script.
			if (!(refusal instanceof Refusal) || !/^iPXE\//.test(request.headers["user-agent"] ?? "")) throw refusal;
			request.log.warn({ status: refusal.status, reason: refusal.message }, "boot script refused");
			return sendText(reply, refusalScript(refusal.message));
		}
	});
}

function ipxeAnswer(options: BootOptions, asked: Asked): string {
	const { core } = options;
	const document = core.document();
	const matched = chooseByRequest(core, asked);
	const { request, menu } = asked.query;
	const labels = Object.keys(matched.group.selector.request ?? {});
	const base: BootUrls = { base: options.url(), request, labels };
	if (matched.group.menu && document.menu && menu === undefined) {
		asked.record({ ...sighting(asked, "ipxe"), outcome: "served", group: matched.group.name });
		return menuScript(document.menu, base);
	}
	const profile = menu === undefined ? matched.profile : menuProfile(document, matched, menu);
	const mac = request.mac;
	if (profile.agent && !mac) throw new Refusal(400, `${describe(request)} cannot get a boot token: it says no MAC`);
	// A person in front of the machine can read the refusal here; Ignition would only repeat its request for ever.
	if (profile.agent) agentFor(core, asked);
	const expiresAt = options.now() + BOOT_TOKEN_SECONDS * 1000;
	const grant = { uuid: request.uuid, group: matched.group.name, profile: profile.name, expiresAt };
	const token = profile.agent && mac ? makeBootToken(options.key, { ...grant, mac }) : undefined;
	const script = profileScript(profile, { ...base, token });
	asked.record({ ...sighting(asked, "ipxe"), outcome: "served", group: matched.group.name, profile: profile.name });
	return script;
}

function menuProfile(document: BootDocument, matched: Chosen, choice: string): Profile {
	const entry = matched.group.menu ? document.menu?.entries.find((candidate) => candidate.name === choice) : undefined;
	if (entry?.kind === "rollcall") return matched.profile;
	const profile = entry?.kind === "profile" ? document.profiles.find(({ name }) => name === entry.profile) : undefined;
	if (!profile) throw new Refusal(404, `the menu of group ${matched.group.name} has no profile under ${choice}`);
	return profile;
}
