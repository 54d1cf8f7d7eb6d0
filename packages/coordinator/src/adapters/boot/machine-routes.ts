import { gzipSync } from "node:zlib";
import type { BootStage } from "@rollcall/protocol";
import type { FastifyInstance, FastifyRequest, RouteHandlerMethod } from "fastify";
import { alpineOverlay } from "../../boot/alpine-overlay.ts";
import { cloudMetaData } from "../../boot/cloud-init.ts";
import { cloudMachineText } from "../../boot/cloud-machine.ts";
import type { MachineBoot } from "../../boot/ignition/own-part.ts";
import { metadataText } from "../../boot/metadata.ts";
import {
	type Asked,
	askedBy,
	type Chosen,
	chooseByRequest,
	chooseByToken,
	describe,
	Refusal,
	sendText,
	sighting,
} from "./answers.ts";
import type { BootOptions } from "./boot-options.ts";
import { IgnitionTexts } from "./ignition-texts.ts";
import { machineBoot } from "./machine-boot.ts";
import { tarArchive } from "./tar-archive.ts";

/** What a machine fetches about itself: Ignition, cloud-init, an Alpine overlay, metadata. */
export function machineRoutes(app: FastifyInstance, options: BootOptions): void {
	const ignition = new IgnitionTexts();
	app.get("/ignition", async (request, reply) => {
		const render = (machine: MachineBoot, { profile }: Chosen) =>
			ignition.text(options.core.document(), profile, machine);
		return sendText(reply, await serve(options, request, { stage: "ignition", render }), "application/json");
	});
	const seed = (file: string, answer: RouteHandlerMethod) => {
		// Who asks stands in the path (`{{cloudInit}}`), or in the query as elsewhere.
		for (const path of ["/cloud-init", "/cloud-init/:who"]) app.get(`${path}/${file}`, answer);
	};
	seed("user-data", async (request, reply) => {
		const render = (machine: MachineBoot, chosen: Chosen) => {
			const wanted = chosen.profile.cloudInit;
			if (!wanted) throw new Refusal(404, `profile ${chosen.profile.name} does not use cloud-init`);
			return cloudMachineText(machine, wanted.packages);
		};
		return sendText(reply, await serve(options, request, { stage: "cloud-init", render }), "text/cloud-config");
	});
	// cloud-init asks for these beside the user-data; they hold nothing that needs a token.
	seed("meta-data", (request, reply) => {
		const asked = askedBy(options.core, request);
		const how = { key: options.key, now: options.now(), stage: "cloud-init" } as const;
		// Whether a machine is known, and by which name, is for that machine only: without its token all are answered alike.
		const isItself = asked.query.token !== undefined && chooseByToken(options.core, asked, how);
		const known = isItself ? asked.known : undefined;
		const { mac, uuid } = asked.query.request;
		// Another boot is another instance: everything was in RAM.
		const instance = `${uuid ?? mac?.replaceAll(":", "-") ?? "machine"}-${options.now().toString(36)}`;
		return sendText(reply, cloudMetaData(instance, known?.nodeName), "text/yaml");
	});
	seed("vendor-data", (_, reply) => sendText(reply, "#cloud-config\n{}\n", "text/cloud-config"));
	// Newer releases of cloud-init repeat the request eleven times after a 404. An empty file has the same effect as none.
	seed("network-config", (_, reply) => sendText(reply, "# none\n", "text/yaml"));
	app.get("/alpine/overlay.apkovl.tar.gz", async (request, reply) => {
		const render = async (machine: MachineBoot) => gzipSync(await tarArchive(alpineOverlay(machine)));
		const archive = await serve(options, request, { stage: "overlay", render });
		return reply.header("cache-control", "no-store").type("application/gzip").send(archive);
	});
	app.get("/metadata", (request, reply) => {
		const asked = askedBy(options.core, request);
		const { group } = chooseByRequest(options.core, asked);
		const query = new URLSearchParams(asked.rawQuery);
		query.delete("token");
		return sendText(reply, metadataText(group, asked.query.request, query.toString()));
	});
}

interface Serving<T> {
	readonly stage: BootStage;
	readonly render: (machine: MachineBoot, chosen: Chosen) => T | Promise<T>;
}

/** Renders what the machine asks for, as often as it asks within its boot, and records that. Throws Refusal. */
async function serve<T>(options: BootOptions, request: FastifyRequest, serving: Serving<T>): Promise<T> {
	const { core } = options;
	const asked: Asked = askedBy(core, request);
	const chosen = chooseByToken(core, asked, { key: options.key, now: options.now(), stage: serving.stage });
	const seen = { ...sighting(asked, serving.stage), group: chosen.group.name, profile: chosen.profile.name };
	try {
		const answer = await serving.render(machineBoot(core, asked, { chosen, base: options.url() }), chosen);
		asked.record({ ...seen, outcome: "served" });
		return answer;
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		request.log.warn({ machine: describe(asked.query.request), reason: error.message }, "boot answer refused");
		asked.record({ ...seen, outcome: "refused", reason: error.message });
		throw error;
	}
}
