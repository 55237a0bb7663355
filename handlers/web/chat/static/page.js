/* Makes the page live: sends without leaving it, takes in what comes, and tries again until it is through.
   Written in the JavaScript of 2014, which all phones know. Nothing is kept in the browser: what is sent and not yet
   through is held only by the open page. Without this file the page works by plain forms. */
(function () {
  'use strict';

  var HARMLESS = 'https://www.google.com/';
  var FRAGMENTS = 'text/x-fragments';
  var GIVE_UP_AFTER = 20000;
  var LONGEST_PAUSE = 15000;
  var POLL_EVERY = 5000;
  var PATIENCE = 2500;
  var TWICE_WITHIN = 1500;

  var log = document.getElementById('log');
  var write = document.getElementById('write');
  var input = document.getElementById('words');
  var send = document.getElementById('send');
  var state = document.getElementById('state');
  var stateWords = document.getElementById('state-words');
  var words = JSON.parse(document.body.getAttribute('data-words'));

  var language = document.body.hasAttribute('data-chosen') ? document.documentElement.lang : '';
  var taps = [];
  var isSending = false;
  var pause = 0;
  var timer = null;
  var shown = {};
  var last = field('seen');
  var acknowledged = '';
  var acknowledging = null;
  var opening = field('opening') ? ['opening', 'lang', 'open'] : [];
  var isKnown = document.body.hasAttribute('data-known');
  var source = null;
  var failures = 0;
  var wasHeard = false;
  var refusals = 0;
  var memories = 0;
  var complaint = null;
  var polling = null;
  var escaped = 0;
  var hasLeft = false;
  var unread = null;

  function field(name) {
    var found = write.querySelector('input[type=hidden][name=' + name + ']');
    return found ? found.value : '';
  }

  function each(list, act) {
    Array.prototype.slice.call(list).forEach(act);
  }

  function random() {
    var made = '';
    var numbers = new Uint8Array(16);
    var crypto = window.crypto || window.msCrypto;
    if (crypto && crypto.getRandomValues) {
      crypto.getRandomValues(numbers);
    } else {
      for (var i = 0; i < 16; i += 1) { numbers[i] = Math.floor(Math.random() * 256); }
    }
    for (var place = 0; place < 16; place += 1) { made += (numbers[place] + 256).toString(16).slice(1); }
    return made;
  }

  function ask(method, address, body, done) {
    var request = new XMLHttpRequest();
    var isOver = false;
    function finish(status, text) {
      if (isOver || hasLeft) { return; }
      isOver = true;
      done(status, text);
    }
    request.open(method, address, true);
    request.timeout = GIVE_UP_AFTER;
    request.setRequestHeader('Accept', FRAGMENTS);
    if (body !== null) { request.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded'); }
    request.onload = function () { finish(request.status, request.responseText); };
    request.onerror = request.ontimeout = request.onabort = function () { finish(0, ''); };
    request.send(body);
  }

  function encode(fields) {
    return Object.keys(fields).map(function (name) {
      return encodeURIComponent(name) + '=' + encodeURIComponent(fields[name]);
    }).join('&');
  }

  /* What is said about the line itself. */

  function complain(name) {
    stateWords.setAttribute('data-word', name);
    stateWords.textContent = words[language || document.documentElement.lang][name];
    state.hidden = false;
    makeRoom();
  }

  /* The bar at the bottom must hide nothing, however high it is. */
  function makeRoom() {
    document.body.style.paddingBottom = document.getElementById('bottom').offsetHeight + 24 + 'px';
  }

  function beContent() {
    clearTimeout(complaint);
    complaint = null;
    if (!taps.length || !pause) {
      state.hidden = true;
      makeRoom();
    }
  }

  function speak(code) {
    if (!code || code === language || !words[code]) { return; }
    language = code;
    document.documentElement.lang = code;
    document.title = words[code]['page-title'];
    each(document.querySelectorAll('[data-word]'), function (element) {
      element.textContent = words[code][element.getAttribute('data-word')];
    });
    send.setAttribute('aria-label', words[code]['page-send']);
    input.placeholder = words[code]['page-write'];
  }

  /* Messages come in. */

  function take(html) {
    var box = document.createElement('div');
    var fresh = [];
    box.innerHTML = html;
    each(box.children, function (article) {
      if (article.id && !shown[article.id]) { fresh.push(place(article)); }
    });
    if (fresh.length) {
      tidy();
      /* Numbers and the menu below them come one by one: what counts is where the answer begins. */
      if (!unread || unread.parentNode !== log) { unread = fresh[0]; }
      show(unread, fresh[fresh.length - 1]);
    }
    return fresh;
  }

  function place(article) {
    var old = document.getElementById('m-' + article.getAttribute('data-replaces'));
    var hadFocus = document.activeElement === document.body || log.contains(document.activeElement);
    shown[article.id] = true;
    if (article.id.length === 20) { last = article.id.slice(2); }
    if (article.hasAttribute('data-covers')) {
      log.textContent = '';
      old = null;
    }
    article.className += ' comes';
    if (old && old.parentNode === log) {
      log.replaceChild(article, old);
    } else {
      log.appendChild(article);
    }
    if (hadFocus && !('ontouchstart' in window)) { focusOn(article); }
    speak(article.lang);
    return article;
  }

  function focusOn(article) {
    var top = window.pageYOffset;
    article.focus();
    window.scrollTo(0, top);
  }

  /* Only the newest menu has buttons; those of messages that stay keep theirs. */
  function tidy() {
    var menus = log.querySelectorAll('article[data-menu] .menu');
    each(menus, function (menu, index) {
      if (index < menus.length - 1) { menu.parentNode.removeChild(menu); }
    });
  }

  /* As much as possible of what is new, and its beginning in any case. */
  function show(first, newest) {
    var head = document.getElementById('top').offsetHeight + 8;
    var foot = document.getElementById('bottom').offsetHeight + 8;
    var top = first.getBoundingClientRect().top;
    var end = newest.getBoundingClientRect().bottom;
    var room = window.innerHeight - head - foot;
    if (end - top > room || top < head) {
      window.scrollBy(0, top - head);
    } else if (end > window.innerHeight - foot) {
      window.scrollBy(0, end - window.innerHeight + foot);
    }
  }

  /* The first of what was last said to the person: all since their own words, or since the menu before. */
  function beginning() {
    var first = log.lastElementChild;
    var before = first.previousElementSibling;
    while (before && !before.hasAttribute('data-menu') && !/ ?mine\b/.test(before.className)) {
      first = before;
      before = first.previousElementSibling;
    }
    return first;
  }

  function hasScrolled() { unread = null; }

  function acknowledge() {
    if (acknowledging !== null || !last || last === acknowledged) { return; }
    acknowledging = setTimeout(function () {
      var seen = last;
      ask('POST', '/chat/seen', encode({ seen: seen }), function (status) {
        acknowledging = null;
        if (status === 204) {
          acknowledged = seen;
          acknowledge();
        }
      });
    }, 400);
  }

  /* What a person says goes out, one after the other. */

  function say(fields, article) {
    unread = null;
    fields.nonce = random();
    taps.push({ fields: fields, article: article });
    pump();
  }

  function pump() {
    var tap = taps[0];
    if (isSending || !tap || hasLeft) { return; }
    isSending = true;
    clearTimeout(timer);
    tap.fields.seen = last;
    opening.forEach(function (name) { tap.fields[name] = field(name); });
    ask('POST', '/chat/say', encode(tap.fields), function (status, text) {
      isSending = false;
      if (status === 200) {
        arrive(tap, text);
      } else if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
        /* It will never be taken: start from what the server knows. */
        location.reload();
      } else {
        putOff(tap, status, text);
      }
    });
  }

  function arrive(tap, text) {
    taps.shift();
    pause = 0;
    refusals = 0;
    beContent();
    take(text);
    unlock(tap.article);
    acknowledge();
    isKnown = true;
    if (opening.length) {
      opening = [];
      if (history.replaceState) { history.replaceState(null, '', '/'); }
    }
    listen();
    pump();
  }

  function putOff(tap, status, text) {
    if (tap.article) { release(tap.article); }
    complain(status ? 'page-busy' : 'page-offline');
    refusals = status === 503 ? refusals + 1 : 0;
    if (refusals > 2 && text) {
      answerFromMemory(tap, text);
      return;
    }
    if (refusals > 2 && taps.length > 1) {
      /* The person has gone on: what waits must not hold up what they want now. */
      taps.shift();
      if (tap.article) { unlock(tap.article); } else { taps.push(tap); }
      if (taps.some(function (other) { return other.article; })) {
        pump();
        return;
      }
    }
    pause = Math.min(LONGEST_PAUSE, pause ? pause * 2 : 1000);
    timer = setTimeout(pump, pause);
  }

  /* While the store stays away, what everybody may know is told without it, and the person can read on. */
  function answerFromMemory(tap, html) {
    var box = document.createElement('div');
    box.innerHTML = html;
    each(box.children, function (article, index) {
      memories += 1;
      article.id = 'm-now-' + (10 + memories % 90);
      shown[article.id] = false;
      if (!index && tap.article) { article.setAttribute('data-replaces', tap.article.id.slice(2)); }
    });
    taps.shift();
    take(box.innerHTML);
    unlock(tap.article);
    pump();
  }

  function lock(article, button) {
    article.className += ' waits';
    button.className += ' pressed';
  }

  function release(article) {
    article.className = article.className.replace(/ waits/g, '');
  }

  function unlock(article) {
    if (!article) { return; }
    release(article);
    each(article.querySelectorAll('.pressed'), function (button) {
      button.className = button.className.replace(/ pressed/g, '');
    });
  }

  function sayWords(event) {
    var said = input.value.trim();
    var mine;
    event.preventDefault();
    if (!said) {
      input.focus();
      return;
    }
    mine = document.createElement('article');
    mine.className = 'mine comes';
    mine.textContent = said;
    log.appendChild(mine);
    input.value = '';
    show(mine, mine);
    say({ words: said }, null);
  }

  function press(event, button) {
    var article = button;
    while (article && article.nodeName !== 'ARTICLE') { article = article.parentNode; }
    event.preventDefault();
    if (/ waits/.test(article.className)) { return; }
    /* A press that waits for its turn gives way: the person has chosen something else. */
    taps = taps.filter(function (tap, index) { return tap.fields.words || (isSending && !index); });
    unlock(article);
    lock(article, button);
    say({ press: button.value, at: article.id.slice(2) }, article);
  }

  /* The stream, or asking in intervals where there is none. */

  function listen() {
    if (!isKnown || hasLeft || document.hidden || source || polling) { return; }
    if (!window.EventSource || failures >= 4) {
      poll(POLL_EVERY);
      return;
    }
    source = new EventSource('/chat/stream');
    source.onopen = function () {
      failures = 0;
      wasHeard = true;
      beContent();
      if (taps.length && !isSending) { pump(); }
    };
    source.onmessage = function (event) {
      take(event.data);
      acknowledge();
    };
    source.addEventListener('ousted', hush);
    source.addEventListener('left', leave);
    source.onerror = function () {
      failures += 1;
      if (complaint === null) { complaint = setTimeout(function () { complain('page-offline'); }, PATIENCE); }
      if (source && (source.readyState === 2 || failures >= 4)) {
        hush();
        poll(POLL_EVERY);
      }
    };
  }

  function hush() {
    clearTimeout(complaint);
    complaint = null;
    if (source) { source.close(); }
    source = null;
  }

  function poll(after) {
    clearTimeout(polling);
    polling = setTimeout(function () {
      ask('GET', '/chat/poll', null, function (status, text) {
        polling = null;
        if (status === 200) {
          wasHeard = true;
          beContent();
          take(text);
          acknowledge();
          if (failures) { failures -= 1; }
        } else if (status === 410 && wasHeard) {
          /* Somebody has left on another page of this browser. */
          leave();
        } else {
          complain(status ? 'page-busy' : 'page-offline');
        }
        listen();
      });
    }, after);
  }

  /* Away, before anything else: the page is emptied first, then told, then replaced, so that "back" finds nothing. */

  function leave() {
    hasLeft = true;
    document.title = 'Google';
    document.body.textContent = '';
    hush();
    if (!(navigator.sendBeacon && navigator.sendBeacon('/chat/exit'))) {
      try {
        var request = new XMLHttpRequest();
        request.open('POST', '/chat/exit', true);
        request.send('');
      } catch (ignored) {
        /* The page is empty in any case. */
      }
    }
    location.replace(HARMLESS);
  }

  document.addEventListener('click', function (event) {
    var target = event.target;
    while (target && target !== document) {
      if (target.id === 'leave' || (target.className && / leave\b/.test(' ' + target.className) && target.name === 'press')) {
        event.preventDefault();
        leave();
        return;
      }
      if (target.name === 'press' && target.nodeName === 'BUTTON') {
        press(event, target);
        return;
      }
      target = target.parentNode;
    }
  });
  document.addEventListener('keydown', function (event) {
    var now = new Date().getTime();
    if (event.keyCode !== 27) {
      escaped = 0;
    } else if (now - escaped < TWICE_WITHIN) {
      event.preventDefault();
      leave();
    } else {
      escaped = now;
    }
  });
  document.addEventListener('visibilitychange', function () {
    if (document.hidden) {
      hush();
    } else {
      failures = 0;
      if (isKnown && !source) { poll(0); }
    }
  });
  window.addEventListener('online', function () {
    pause = 0;
    pump();
    listen();
  });
  window.addEventListener('pageshow', function (event) {
    /* A page that the browser kept aside may belong to somebody who has left. */
    if (event.persisted) { location.reload(); }
  });
  window.addEventListener('touchmove', hasScrolled);
  window.addEventListener('wheel', hasScrolled);
  write.addEventListener('submit', sayWords);

  each(log.children, function (article) { shown[article.id] = true; });
  each(log.querySelectorAll('.away'), function (article) { article.id = ''; });
  input.value = '';
  if (log.children.length > 1) { show(beginning(), log.lastElementChild); }
  acknowledge();
  listen();
}());
