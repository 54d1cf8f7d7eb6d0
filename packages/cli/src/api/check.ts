import { CheckView, type CheckWish } from "@rollcall/protocol";
import type { ApiAnswer } from "./answer.ts";
import type { Api } from "./client.ts";

const about = { path: "/v1/check", subject: "the check of the cluster" } as const;

/** Begins a check. Throws Failure, also where one runs. */
export function beginCheck(api: Api, wish: CheckWish): Promise<ApiAnswer<CheckView>> {
	return api.ask(CheckView, { ...about, method: "POST", body: wish });
}

/** How it goes; a check that nobody looks at for half a minute ends. */
export function lookAtCheck(api: Api): Promise<ApiAnswer<CheckView>> {
	return api.ask(CheckView, about);
}

/** Has it end and clean up. */
export function stopCheck(api: Api): Promise<ApiAnswer<CheckView>> {
	return api.ask(CheckView, { ...about, method: "DELETE" });
}
