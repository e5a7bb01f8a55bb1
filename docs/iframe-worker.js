/* Search in pages that are opened from a folder. Browsers start no worker from a file, so the
 * worker of the search runs in a hidden frame instead. The theme's `offline` plugin would load a
 * script for this from another host, unless one with this name is listed in mkdocs.yml. */
if (location.protocol === "file:") {
  window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      this.scope = frame.contentWindow;
      this.scope.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      const script = this.scope.document.createElement("script");
      this.ready = new Promise((loaded, failed) => {
        script.onload = loaded;
        script.onerror = failed;
      });
      script.src = url;
      this.scope.document.body.append(script);
    }

    postMessage(data) {
      const message = () => new this.scope.MessageEvent("message", { data });
      this.ready.then(() => this.scope.dispatchEvent(message()));
    }
  };
  window.Worker = window.IFrameWorker;
}
