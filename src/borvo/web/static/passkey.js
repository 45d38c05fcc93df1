// Passkeys: gives the browser the options of a form, and sends its answer with the form. Without scripts, or in a browser
// without passkeys, the forms that ask for one stay hidden and the password serves.
const decode = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const readOptions = (form) => {
  const options = JSON.parse(form.dataset.options);
  const listed = [...(options.allowCredentials ?? []), ...(options.excludeCredentials ?? [])];
  for (const each of listed) each.id = decode(each.id);
  if (options.user) options.user.id = decode(options.user.id);
  options.challenge = decode(options.challenge);
  return options;
};

const describe = (credential) => {
  const answer = credential.response;
  const response = { clientDataJSON: encode(answer.clientDataJSON) };
  if (answer.attestationObject) {
    response.attestationObject = encode(answer.attestationObject);
    response.transports = answer.getTransports?.() ?? [];
  } else {
    response.authenticatorData = encode(answer.authenticatorData);
    response.signature = encode(answer.signature);
    if (answer.userHandle) response.userHandle = encode(answer.userHandle);
  }
  const { id, type } = credential;
  return JSON.stringify({ id, rawId: encode(credential.rawId), type, response, clientExtensionResults: {} });
};

const send = (form, credential) => {
  form.elements.credential.value = describe(credential);
  form.submit();
};

// The page holds the words, in its reader's language.
const FAULTS = { InvalidStateError: "exists", NotAllowedError: "refused" };

const showFault = (form, error) => {
  const line = form.querySelector("[data-passkey-fault]");
  line.textContent = line.dataset[FAULTS[error.name] ?? "failed"];
};

// One question at a time: what waits in the list of a field's suggestions ends when a button asks.
let waiting = null;

const ask = async (form) => {
  waiting?.abort();
  waiting = new AbortController();
  const publicKey = readOptions(form);
  const { signal } = waiting;
  const method = form.dataset.passkey === "create" ? "create" : "get";
  return navigator.credentials[method]({ publicKey, signal });
};

const suggest = async (form) => {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  waiting = new AbortController();
  const { signal } = waiting;
  try {
    send(form, await navigator.credentials.get({ publicKey: readOptions(form), mediation: "conditional", signal }));
  } catch (error) {
    // She has asked for nothing yet, so there is nothing to tell her.
    if (error.name !== "AbortError") waiting = null;
  }
};

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        send(form, await ask(form));
      } catch (error) {
        showFault(form, error);
      }
    });
    if ("passkeySuggest" in form.dataset) suggest(form);
  }
}
