import { type Command, InvalidArgumentError } from "commander";
import { listAssets, stopWork, verifyAssets, worksUnderWay } from "../api/assets.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type AddCommand, printJson, printLines, type Session, widthFor } from "../session.ts";
import { say, tell } from "../terminal.ts";
import { assetTable, workTable } from "../views/asset-table.ts";
import { addAssetsAdd } from "./assets-add.ts";
import { addAssetsFetch } from "./assets-fetch.ts";
import { waitedAsset } from "./waited-asset.ts";

const AFTER = `
Examples:
  rollcall assets list
  rollcall assets fetch kubernetes 1.36.2
  rollcall assets verify`;

/** `rollcall assets add | fetch | list | verify | remove | work | stop`. */
export const addAssets: AddCommand = (program, run) => {
	const assets: Command = program
		.command("assets")
		.description("the files that machines download: kernels, initrds, root file systems, binaries, images")
		.addHelpText("after", AFTER);
	addAssetsAdd(assets, run);
	addAssetsFetch(assets, run);
	assets
		.command("list")
		.description("all files, with what they were checked against")
		.addHelpText("after", "\nExample:\n  rollcall assets list")
		.action((_options, command) => run(command, list));
	assets
		.command("verify")
		.description("read all files again; ends with 1 when one is damaged")
		.addHelpText("after", "\nExample:\n  rollcall assets verify")
		.action((_options, command) => run(command, verify));
	assets
		.command("remove")
		.description("remove a file; content that other names have stays")
		.argument("<name>", "as `rollcall assets list` shows it")
		.addHelpText("after", "\nExample:\n  rollcall assets remove flatcar/4230.2.4/vmlinuz")
		.action((name: string, _options, command) => run(command, (session) => remove(session, name)));
	assets
		.command("work")
		.description("what is on its way to the coordinator, also for a command that is gone")
		.addHelpText("after", "\nExample:\n  rollcall assets work")
		.action((_options, command) => run(command, work));
	assets
		.command("stop")
		.description("end what is on its way; nothing of it is kept")
		.argument("<work>", "its id, as `rollcall assets work` shows it", parseWork)
		.addHelpText("after", "\nExample:\n  rollcall assets stop 0b9f4f2e-6f0e-4d3c-9a52-0c5b7c1d2e3f")
		.action((workId: string, _options, command) => run(command, (session) => stop(session, workId)));
};

async function work(session: Session): Promise<undefined> {
	const { json, value } = await worksUnderWay(await session.connect());
	if (session.json) printJson(session, json);
	else if (value.works.length === 0) tell(session.err, "nothing is on its way");
	else printLines(session, workTable(value.works, { width: widthFor(session), paint: session.out.paint }));
	return undefined;
}

async function stop(session: Session, workId: string): Promise<undefined> {
	const { json, value } = await stopWork(await session.connect(), workId);
	if (session.json) printJson(session, json);
	else if (value.state === "done" || value.state === "failed") say(session.out, `${workId}: it is over already`);
	else say(session.out, `${workId}: it is being ended`);
	return undefined;
}

function parseWork(text: string): string {
	if (/^[0-9a-f-]{36}$/.test(text)) return text;
	throw new InvalidArgumentError("it is an id that `rollcall assets work` shows.");
}

async function list(session: Session): Promise<undefined> {
	const { json, value } = await listAssets(await session.connect());
	if (session.json) printJson(session, json);
	else if (value.assets.length === 0) tell(session.err, "there are no assets; `rollcall assets add` adds one");
	else printLines(session, assetTable(value.assets, { width: widthFor(session), paint: session.out.paint }));
	return undefined;
}

async function verify(session: Session): Promise<ExitCode> {
	const api = await session.connect();
	const { json, value } = await waitedAsset(session, "reading", (waiting) => verifyAssets(api, waiting));
	const checks = value.checks ?? [];
	const damaged = checks.filter(({ ok }) => !ok);
	if (session.json) printJson(session, json);
	else {
		for (const { name, reason } of damaged) tell(session.err, `rollcall: ${name}: ${reason}; add it again`);
		say(session.out, `${checks.length} assets, ${damaged.length} damaged`);
	}
	return damaged.length > 0 ? EXIT.failed : EXIT.ok;
}

async function remove(session: Session, name: string): Promise<undefined> {
	const api = await session.connect();
	const path = `/v1/assets?${new URLSearchParams({ name })}`;
	const json = await api.send({ method: "DELETE", path, subject: `asset ${name}` });
	if (session.json) printJson(session, json);
	else say(session.out, `${name} was removed`);
	return undefined;
}
