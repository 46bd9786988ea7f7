//! Does a week of polling cost the sites no more than they allow?

use jiff::SignedDuration;

use crate::here;
use crate::world::web::{Asked, Web, item};
use crate::world::{World, on_own_bus};

const HOSTS: u8 = 20;
const SITES: usize = 200;

/// What a site asks of those who come, by its number.
#[derive(Clone, Copy, Debug)]
enum Wish {
    Nothing,
    MaxAge(i64),
    Ttl(i64),
    Busy,
}

impl Wish {
    fn of(number: usize) -> Wish {
        match number % 8 {
            0 => Wish::MaxAge(5 * 3600),
            1 => Wish::Ttl(7 * 3600),
            2 => Wish::Busy,
            // More than the user allows.
            3 => Wish::MaxAge(365 * 86_400),
            _ => Wish::Nothing,
        }
    }

    /// The shortest pause that it allows, within the user's bounds.
    fn pause(self) -> SignedDuration {
        let seconds = match self {
            Wish::MaxAge(seconds) | Wish::Ttl(seconds) => seconds.clamp(2 * 3600, 12 * 3600),
            Wish::Nothing | Wish::Busy => 2 * 3600,
        };
        SignedDuration::from_secs(seconds)
    }
}

/// The busy sites want to be left alone for so long.
const BUSY: i64 = 20 * 3600;

#[test]
fn a_week_of_two_hundred_feeds_on_twenty_hosts() {
    on_own_bus(here!(), async {
        let web = Web::start_on(HOSTS).await;
        let mut config = String::from(
            "[poll]\nevery = \"2h\"\nat_most = \"12h\"\n[[rule]]\nname = \"Drills\"\nmatch = 'drills'\n",
        );
        let site = |number: usize| format!("site{number}");
        for number in 0..SITES {
            let name = site(number);
            match Wish::of(number) {
                Wish::MaxAge(seconds) => {
                    web.add_field(&name, "cache-control", &format!("max-age={seconds}"));
                }
                Wish::Ttl(seconds) => web.say(&name, &format!("<ttl>{}</ttl>", seconds / 60)),
                Wish::Busy | Wish::Nothing => {}
            }
            web.publish(&name, item(&format!("Calm at {name}")));
            let url = web.url_on(number % usize::from(HOSTS), &name);
            config.push_str(&format!(
                "[[feed]]\nname = \"{name}\"\nurl = \"{url}\"\nallow_private = true\n"
            ));
        }
        let mut world = World::start_with(web, &config).await;
        for day in 0..7 {
            for number in 0..SITES {
                if matches!(Wish::of(number), Wish::Busy) {
                    // Once a day they are asked too much.
                    world
                        .web
                        .break_down(&site(number), 429, Some(&BUSY.to_string()));
                } else if number % 3 == 0 {
                    world
                        .web
                        .publish(&site(number), item(&format!("Day {day} at {number}")));
                }
            }
            world.minutes_pass(12 * 60).await;
            for number in 0..SITES {
                world.web.mend(&site(number));
            }
            world.minutes_pass(12 * 60).await;
        }

        assert_eq!(world.web.most_open(), 1, "requests to one host at once");
        let mut requests = 0;
        for number in 0..SITES {
            let asked = world.web.asked(&site(number));
            requests += asked.len();
            check(number, &asked);
        }
        // Twelve a day at most, two at least.
        assert!(
            (SITES * 7 * 2..SITES * 7 * 12).contains(&requests),
            "{requests}"
        );
    });
}

/// No request of a feed came too early, and all but the first were conditional.
fn check(number: usize, asked: &[Asked]) {
    let wish = Wish::of(number);
    assert!(asked.len() >= 7, "{number} was forgotten");
    let mut read = false;
    for pair in asked.windows(2) {
        let [before, after] = pair else {
            unreachable!()
        };
        read |= before.status == 200;
        let least = match before.status {
            429 => SignedDuration::from_secs(BUSY),
            _ => wish.pause(),
        };
        let pause = after.at.duration_since(before.at);
        assert!(
            pause >= least,
            "{number} {wish:?}: {pause:#} after {before:?}"
        );
        assert!(
            after.if_none_match.is_some() || !read,
            "{number}: {after:?}"
        );
    }
}
