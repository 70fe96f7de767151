'use strict';

const GIVE_UP_MS = 60000;

// What a subscription has brought, one by one, and its end.
class Consumer {
  constructor() {
    this.queue = [];
    this.waiting = [];
    this.end = new Promise((resolve) => { this.dropped = resolve; });
  }

  arrived(event) {
    const waiter = this.waiting.shift();
    if (waiter) waiter(event);
    else this.queue.push(event);
  }

  // The next event; an error after a minute without one.
  next() {
    if (this.queue.length > 0) return Promise.resolve(this.queue.shift());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no event came')), GIVE_UP_MS).unref();
      this.waiting.push((event) => { clearTimeout(timer); resolve(event); });
    });
  }

  async take(count) {
    const events = [];
    while (events.length < count) events.push(await this.next());
    return events;
  }
}

module.exports = { Consumer };
