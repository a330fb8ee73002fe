"""espeak-ng voices: those of training (>= 28 variants x rates x pitches) and those kept out for the held-out figures."""
HELD_OUT = ["m4", "f5", "edward", "anika"]  # kept out of this recipe; the first one's encoder, from which the shipped model comes, did hear them
UNHEARD = ["rob", "zac", "travis", "shelby"]  # in no training at all
TRAIN = ["", "m1", "m2", "m3", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "Alex", "Andy", "Annie", "Lee", "Mario", "Michael", "max", "steph", "linda", "belinda",
         "adam", "benjamin", "caleb", "david", "john", "michel", "paul", "Gene", "Denis", "Diogo", "Jacky", "Tweaky",
         # the shipped model's decoder heard only those above; too few for voices unlike them
         "Alicia", "Andrea", "Gene2", "Henrique", "Hugo", "Marco", "Mike", "Nguyen", "RicishayMax", "RicishayMax2", "RicishayMax3", "Storm", "announcer", "antonio", "aunty", "boris", "ed", "fast", "grandma", "grandpa",
         "gustave", "iven", "iven2", "iven3", "iven4", "kaukovalta", "klatt", "klatt2", "klatt3", "klatt4", "marcelo", "miguel", "norbert", "pablo", "pedro", "quincy", "robert", "sandro", "steph2", "steph3", "victor"]
